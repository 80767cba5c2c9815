"""Any peer with a recency prior: its scores plus, or times, what is popular of late."""

from collections.abc import Mapping

import numpy as np

from recpipe.core.known import Known, counted
from recpipe.evaluate.peers.contract import Peer, Score, Setting
from recpipe.evaluate.peers.popularity import DAYS

FORMS = ("plus", "times")
WEIGHTS = tuple(float(digit) * 10.0**power for power in range(-5, 1) for digit in (1, 2, 5))


def with_prior(peer: Peer, best: Setting) -> Peer:
    """Return `peer`, set as was found best without it, with a prior whose weight and age are tuned."""
    starts = tuple(
        {**best, "prior": form, "prior_weight": 0.05 if form == "times" else 0.005, "prior_half_life": 14}
        for form in FORMS
    )
    axes = {"prior_weight": WEIGHTS, "prior_half_life": DAYS}
    return Peer(f"{peer.name} with prior", _Fit(peer), starts, axes)


def apply_prior(scores: np.ndarray, recent: np.ndarray, setting: Setting) -> np.ndarray:
    """Score with a prior: (u, items) scores, (items,) popularity in (0, 1], both float32.

    plus: score + weight × ln popularity. times: score × popularity ** weight.
    """
    weight = np.float32(setting["prior_weight"])
    if setting["prior"] == "plus":
        return scores + weight * np.log(recent)
    return scores * recent**weight


class _Fit:
    """Fits the peer without its prior once, and scores each chunk of users once, while the prior is tuned."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._known: Known | None = None
        self._base: Score | None = None
        self._scored: dict[bytes, np.ndarray] = {}

    def __call__(self, known: Known, setting: Setting) -> Score:
        base = self._fitted(known, setting)
        counts = counted(known, known.decay(float(setting["prior_half_life"])), "users")
        recent = ((counts + 0.1) / (counts.max() + 0.1)).astype(np.float32)

        def score(users: np.ndarray) -> np.ndarray:
            key = users.tobytes()
            if key not in self._scored:
                self._scored[key] = base(users)
            return apply_prior(self._scored[key], recent, setting)

        return score

    def _fitted(self, known: Known, setting: Mapping[str, object]) -> Score:
        # all settings of one search differ in their prior alone
        if self._base is None or self._known is not known:
            self._base = self._peer.fit(known, setting)  # type: ignore[arg-type]
            self._known, self._scored = known, {}
        return self._base

"""The bench card: everyone on one test, what their lists are like, for whom, and what shortcuts show."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from recpipe.core import columns as c
from recpipe.core.bootstrap import Interval, mean_intervals
from recpipe.core.ranking import Recommender
from recpipe.core.vocabulary import Vocabulary
from recpipe.evaluate.audience import audience
from recpipe.evaluate.beyond import Told, beyond, exposure
from recpipe.evaluate.params import EvaluateParams
from recpipe.evaluate.questions import HeldOut
from recpipe.evaluate.rivals import rivals
from recpipe.evaluate.roles import CHALLENGER
from recpipe.evaluate.scores import Scores
from recpipe.evaluate.segment_groups import groups_of
from recpipe.evaluate.segments import Segment, segments
from recpipe.evaluate.shortcuts import Shortcut, shortcuts


@dataclass(frozen=True)
class Bench:
    """The bench card of one test, by name of the contestant: roles first, then peers.

    versions: version, or setting of a peer. accuracy: "ndcg@5" -> mean with its interval. beyond: figures of
    lists of `k`. segments: of the roles only. shortcuts: of the challenger, none if its scores are unsound.
    left_out: peers that were not fitted, and why. shown: in how many lists of k each item stands, (items,).
    wanted: of how many users each item is a right answer, (items,).
    """

    k: int
    metric: str
    users: int
    versions: Mapping[str, str]
    accuracy: Mapping[str, Mapping[str, Interval]]
    beyond: Mapping[str, Mapping[str, Told]]
    segments: Mapping[str, list[Segment]]
    shortcuts: list[Shortcut]
    left_out: tuple[str, ...]
    shown: Mapping[str, np.ndarray] = field(repr=False)
    wanted: np.ndarray = field(repr=False)

    def record(self) -> dict[str, Any]:
        """Return it ready for JSON, without what is told by item."""
        told = {name: value for name, value in vars(self).items() if name not in ("shown", "wanted")}
        return {name: _plain(value) for name, value in told.items()}


def bench(
    test: HeldOut,
    contestants: Mapping[str, Recommender],
    scores: Mapping[str, Scores],
    params: EvaluateParams,
) -> Bench:
    """Fit the peers that the budget reaches, and compare all of them with the contestants, by role."""
    asked = audience(test)
    found = rivals(test, params.peers_cpu_seconds)
    everyone = {**scores, **found.scores}
    categories = test.snapshot.items().column(c.CATEGORIES).to_pylist()
    spaces = _spaces(contestants[CHALLENGER], scores[CHALLENGER], test, categories, asked.items)
    lists = {name: one.lists[:, : test.k] for name, one in everyone.items()}
    groups = groups_of(asked, categories, params.min_segment)
    challenger = scores[CHALLENGER]
    return Bench(
        k=test.k,
        metric=params.metric,
        users=len(asked),
        versions={name: one.version for name, one in everyone.items()},
        accuracy=_accuracy(everyone),
        beyond={name: beyond(lists[name], asked, spaces) for name in everyone},
        segments={role: segments(lists[role], asked, groups, params.metric) for role in scores},
        shortcuts=(
            [] if challenger.problem else shortcuts(contestants[CHALLENGER], challenger, test, found.scores)
        ),
        left_out=found.left_out,
        shown={name: exposure(lists[name], asked.items) for name in everyone},
        wanted=np.bincount(asked.relevant.values, minlength=asked.items + 1)[1:],
    )


def _accuracy(everyone: Mapping[str, Scores]) -> dict[str, dict[str, Interval]]:
    """Return every mean with its interval; all of the same resampled users."""
    names = list(next(iter(everyone.values())).by_user)
    columns = np.stack([one.by_user[name] for one in everyone.values() for name in names], axis=1)
    told = iter(mean_intervals(columns))
    return {who: {name: next(told) for name in names} for who in everyone}


def _spaces(
    challenger: Recommender,
    scores: Scores,
    test: HeldOut,
    categories: list[list[str]],
    items: int,
) -> dict[str, csr_array | np.ndarray]:
    """Return in what items of a list are near each other: their categories, and the challenger's vectors.

    All lists are measured in the same space, so that they can be compared.
    """
    spaces: dict[str, csr_array | np.ndarray] = {}
    if any(categories[:items]):
        spaces["categories"] = _incidence(categories[:items])
    # the bias is the last dimension: it says how popular an item is, not what it is like
    if not scores.problem and challenger.item_vectors.shape[1] > 1:
        place = Vocabulary(test.snapshot.vocabulary.ids).translation_to(challenger.vocabulary)
        spaces["item vectors"] = challenger.item_vectors[place][:, :-1].astype(np.float64)
    return spaces


def _incidence(categories: list[list[str]]) -> csr_array:
    """Return which item has which category, (items + 1, categories)."""
    rows = np.repeat(np.arange(1, len(categories) + 1), [len(set(names)) for names in categories])
    every = [name for names in categories for name in dict.fromkeys(names)]
    names, columns = np.unique(every, return_inverse=True)
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(categories) + 1, len(names)))


def _plain(value: Any) -> Any:
    if isinstance(value, Interval | Segment | Shortcut):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if isfinite(value) else None
    return value

"""The rules of the gate: what a challenger must keep to become champion, each with its figures.

Differences are of mean NDCG@k, paired by user, with the intervals of `core/bootstrap.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from recpipe.core.bootstrap import Interval, mean_intervals
from recpipe.evaluate.params import EvaluateParams
from recpipe.evaluate.roles import CHAMPION, POPULARITY
from recpipe.evaluate.scores import Scores

Groups = Mapping[str, np.ndarray]
"""Groups of the users of a test by their names, each (u,) bool."""


@dataclass(frozen=True)
class Rule:
    """One rule and how a challenger kept it: `why` ends a sentence that begins with the challenger.

    figures: what was compared, ready for JSON; None for a bound that is not known.
    """

    name: str
    passed: bool
    why: str
    figures: dict[str, float | None]

    @property
    def is_comparison(self) -> bool:
        """Whether it compares the challenger with a rival on all users."""
        return "low" in self.figures


def judge(
    challenger: Scores, rivals: Mapping[str, Scores], groups: Groups, params: EvaluateParams
) -> tuple[Rule, ...]:
    """Hold the challenger against every rule.

    rivals: popularity and, after it, the champion where there is another whose score counts.
    """
    apart = np.stack([challenger.ndcg - rival.ndcg for rival in rivals.values()], axis=1)
    intervals = dict(zip(rivals, mean_intervals(apart, confidence=params.gate_confidence), strict=True))
    return (
        Rule(
            "sound scores", not challenger.problem, challenger.problem or "has finite scores that differ", {}
        ),
        _ahead_of_popularity(rivals[POPULARITY], intervals[POPULARITY]),
        *(_not_behind(rivals[role], intervals[role], params) for role in rivals if role == CHAMPION),
        _no_group_worse_off(rivals, apart, groups, params),
        _covers_the_catalogue(challenger, rivals, params),
        _fills_its_lists(challenger, params),
    )


def _ahead_of_popularity(popularity: Scores, apart: Interval) -> Rule:
    passed = apart.low > 0
    found = "is ahead of" if passed else "is not surely ahead of"
    why = f"{found} {popularity.named()} by {_signed(apart)}"
    return Rule("ahead of popularity", passed, why, {"required": 0.0, **_figures(apart)})


def _not_behind(champion: Scores, apart: Interval, params: EvaluateParams) -> Rule:
    """Non-inferiority by a margin; with margin 0 the challenger must be better."""
    required = -params.gate_margin * float(champion.ndcg.mean())
    passed = apart.low > required
    if not params.gate_margin:
        found = "is ahead of" if passed else "is not surely ahead of"
        why = f"{found} {champion.named()} by {_signed(apart)}"
    else:
        found = "is" if passed else "is not surely"
        why = (
            f"{found} at most {params.gate_margin:.1%} behind {champion.named()}: difference {_signed(apart)}"
        )
    return Rule("not behind the champion", passed, why, {"required": required, **_figures(apart)})


def _no_group_worse_off(
    rivals: Mapping[str, Scores], apart: np.ndarray, groups: Groups, params: EvaluateParams
) -> Rule:
    """Refuse only what is sure: the whole interval must lie below the floor.

    Of many groups some are low by chance: the doubt that is left is shared among them (Bonferroni).
    """
    large = {name: users for name, users in groups.items() if users.sum() >= params.min_segment}
    confidence = 1 - (1 - params.gate_confidence) / max(1, len(large) * len(rivals))
    harmed = [
        found
        for name, users in large.items()
        for found in _harmed(name, users, rivals, apart, params.gate_segment_drop, confidence)
    ]
    told = f"keeps at least {1 - params.gate_segment_drop:.0%} of the NDCG in each of {len(large)} groups"
    return Rule("no group worse off", not harmed, "; ".join(harmed) or told, {"groups": len(large)})


def _harmed(
    name: str,
    users: np.ndarray,
    rivals: Mapping[str, Scores],
    apart: np.ndarray,
    drop: float,
    confidence: float,
) -> Iterator[str]:
    intervals = mean_intervals(apart[users], confidence=confidence)
    for rival, interval in zip(rivals.values(), intervals, strict=True):
        own = float(rival.ndcg[users].mean())
        if interval.high < -drop * own:
            yield (
                f"is surely more than {drop:.0%} behind {rival.version} (NDCG@{rival.k} "
                f"{own:.4f}) in the group {name!r} of {users.sum():,} users: difference {_signed(interval)}"
            )


def _covers_the_catalogue(challenger: Scores, rivals: Mapping[str, Scores], params: EvaluateParams) -> Rule:
    *_, rival = rivals.values()  # the champion where there is one
    required = params.gate_coverage * rival.coverage
    passed = challenger.coverage >= required
    why = (
        f"has {challenger.coverage:.2%} of the items in its lists, {rival.version} {rival.coverage:.2%}: "
        f"at least {required:.2%} are asked for"
    )
    return Rule("coverage", passed, why, {"required": required, "estimate": challenger.coverage})


def _fills_its_lists(challenger: Scores, params: EvaluateParams) -> Rule:
    required, found = params.gate_full_lists, challenger.full_lists
    why = f"fills {found:.1%} of its lists, at least {required:.1%} are asked for"
    return Rule("full lists", found >= required, why, {"required": required, "estimate": found})


def _signed(interval: Interval) -> str:
    return f"{interval.estimate:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"


def _figures(interval: Interval) -> dict[str, float | None]:
    bounds = {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
    return {name: value if isfinite(value) else None for name, value in bounds.items()}

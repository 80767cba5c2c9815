"""The gate: which model is champion after a comparison, and why, in a plain sentence."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from recpipe.core import registry
from recpipe.core.errors import BusyError, DataError
from recpipe.core.workspace import Workspace
from recpipe.evaluate.roles import CHALLENGER, CHAMPION, POPULARITY
from recpipe.evaluate.scores import Scores, differences


@dataclass(frozen=True)
class Decision:
    """Who is champion from now on (`champion`), who was (`previous`, "" if nobody), and why."""

    champion: str
    previous: str
    reason: str

    @property
    def promoted(self) -> bool:
        """Whether the champion changes."""
        return self.champion != self.previous

    def record(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {**asdict(self), "promoted": self.promoted}


def decide(workspace: Workspace, scores: Mapping[str, Scores]) -> Decision:
    """Decide by mean NDCG@k, all models scored on the same test.

    The challenger becomes champion if it beats popularity and the champion. Otherwise the champion
    stays; without one, popularity becomes champion. A challenger whose scores are not finite or all
    equal is refused. A champion that may have seen events of the test cannot keep its place by its
    score: the better of challenger and popularity takes it. Raises DataError if one of these two has
    seen the test.
    """
    challenger, popularity = scores[CHALLENGER], scores[POPULARITY]
    for one in (challenger, popularity):
        if one.seen_test:
            raise DataError(f"{one.version} {one.seen_test}", "Train on the snapshot of the test.")
    previous = registry.champion(workspace)
    champion = _scores_of(previous, scores)
    if champion is not None and champion.seen_test:
        decided = _decide(challenger, popularity, None, previous)
        passed_over = f"The score of {_named(champion)} does not count: it {champion.seen_test}."
        return replace(decided, reason=f"{decided.reason} {passed_over}")
    return _decide(challenger, popularity, champion, previous)


def _decide(challenger: Scores, popularity: Scores, champion: Scores | None, previous: str) -> Decision:
    """Decide as `decide` says; `champion` is None if there is none whose score counts."""
    if champion is challenger:
        return Decision(
            previous, previous, f"{previous} is already champion{_warning(challenger, popularity)}."
        )
    rivals = [popularity] if champion is None or champion is popularity else [popularity, champion]
    lost_to = [rival for rival in rivals if not _beats(challenger, rival)]
    if not challenger.problem and not lost_to:
        reason = f"{_named(challenger)} becomes champion: it beats {_all_beside(challenger, rivals)}."
        return Decision(challenger.version, previous, reason)
    refusal = challenger.problem or f"{_named(challenger)} does not beat {_all_beside(challenger, lost_to)}"
    if champion is None:
        nobody = "no champion's score counting" if previous else "there being none yet"
        reason = f"{popularity.version} becomes champion, {nobody}: {refusal}."
        return Decision(popularity.version, previous, reason)
    if champion.kind == POPULARITY and _beats(popularity, champion):
        reason = f"{popularity.version} becomes champion in place of the older {_named(champion)}: {refusal}."
        return Decision(popularity.version, previous, reason)
    return Decision(
        previous, previous, f"{previous} stays champion: {refusal}{_warning(champion, popularity)}."
    )


def promote(workspace: Workspace, decision: Decision, *, who: str = "pipeline") -> str:
    """Carry out the decision and return the champion.

    The pointer moves last, after the version's files are verified. Raises BusyError if the champion
    changed since the decision was made: it compared with another.
    """
    current = registry.champion(workspace)
    if current == decision.champion:
        return current
    if current != decision.previous:
        raise BusyError(
            f"{workspace.models.root}: the champion became {current} while {decision.champion} was compared "
            f"with {decision.previous or 'none'}",
            "Evaluate again.",
        )
    registry.promote(workspace, decision.champion, why=decision.reason, who=who)
    return decision.champion


def figures(scores: Mapping[str, Scores], decision: Decision) -> dict[str, Any]:
    """Return what a run reports, ready for JSON: `k`, `users`, and by role `metrics` and `ahead_of`.

    metrics: `ndcg`, `recall`, and `seen_test` where there is a reason to mark them. ahead_of: how much
    NDCG the challenger has more, with `standard_error`. The challenger is called "model" there, as in
    the ids that stages hand on.
    """
    challenger = scores[CHALLENGER]
    metrics = {
        "model" if role == CHALLENGER else role: {
            "ndcg": float(one.ndcg.mean()),
            "recall": float(one.recall.mean()),
            **({"seen_test": one.seen_test} if one.seen_test else {}),
        }
        for role, one in scores.items()
    }
    return {
        "k": challenger.k,
        "users": len(challenger.ndcg),
        "metrics": metrics,
        "ahead_of": {role: asdict(apart) for role, apart in differences(scores).items()},
        "decision": decision.reason,
    }


def _scores_of(version: str, scores: Mapping[str, Scores]) -> Scores | None:
    """Return the scores of the champion, whatever its role in the comparison; None if there is none."""
    found = [one for one in scores.values() if version and one.version == version]
    if version and not found:
        raise BusyError(f"the champion {version} was not scored: {CHAMPION} has changed", "Evaluate again.")
    return found[0] if found else None


def _beats(one: Scores, other: Scores) -> bool:
    return bool(one.ndcg.mean() > other.ndcg.mean())


def _named(one: Scores, more: str = "") -> str:
    return f"{one.version} (NDCG@{one.k} {one.ndcg.mean():.4f}{more})"


def _all_beside(challenger: Scores, rivals: list[Scores]) -> str:
    """Name the rivals with what the challenger has more than each of them, or less."""
    return " and ".join(_named(rival, f"; difference {challenger.ahead_of(rival)}") for rival in rivals)


def _warning(champion: Scores, popularity: Scores) -> str:
    if champion is popularity or _beats(champion, popularity):
        return ""
    return f"; beware: {_named(champion)} does not beat {_named(popularity)}"

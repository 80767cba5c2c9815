"""The gate: which model is champion after a comparison, and why: rule by rule, and in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from recpipe.core import promotions, registry
from recpipe.core.errors import BusyError, DataError
from recpipe.core.workspace import Workspace
from recpipe.evaluate.params import EvaluateParams
from recpipe.evaluate.roles import CHALLENGER, CHAMPION, POPULARITY
from recpipe.evaluate.rules import Groups, Rule, judge
from recpipe.evaluate.scores import Scores, differences
from recpipe.evaluate.smoke import smoke_test

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Decision:
    """Who is champion from now on (`champion`), who was (`previous`, "" if nobody), and why.

    rules: how `challenger` kept each rule of the gate.
    """

    champion: str
    previous: str
    reason: str
    challenger: str = ""
    rules: tuple[Rule, ...] = ()

    @property
    def promoted(self) -> bool:
        """Whether the champion changes."""
        return self.champion != self.previous

    @property
    def passed(self) -> bool:
        """Whether the challenger kept every rule."""
        return all(rule.passed for rule in self.rules)

    def record(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {**asdict(self), "promoted": self.promoted, "passed": self.passed}

    def table(self) -> "pd.DataFrame":
        """Return the rules as a table, for notebooks."""
        import pandas as pd

        rows = [{"rule": rule.name, "passed": rule.passed, "the challenger": rule.why} for rule in self.rules]
        return pd.DataFrame(rows).set_index("rule")


def decide(
    workspace: Workspace, scores: Mapping[str, Scores], groups: Groups, params: EvaluateParams
) -> Decision:
    """Decide by the rules of `judge`, all models scored on the same test; `groups` of its users by name.

    The challenger becomes champion if it keeps all of them. Otherwise the champion stays; without one,
    popularity becomes champion. A champion that may have seen events of the test cannot keep its place by
    its score: the challenger that keeps the other rules takes it, else popularity. Raises DataError if one
    of these two has seen the test.
    """
    challenger, popularity = scores[CHALLENGER], scores[POPULARITY]
    for one in (challenger, popularity):
        if one.seen_test:
            raise DataError(f"{one.version} {one.seen_test}", "Train on the snapshot of the test.")
    previous = registry.champion(workspace)
    champion = _scores_of(previous, scores)
    passed_over = ""
    if champion is not None and champion.seen_test:
        passed_over = f" The score of {champion.named()} does not count: it {champion.seen_test}."
        champion = None
    elif champion is not None and champion is not challenger and champion.problem:
        passed_over = f" The champion {champion.version} does not count: {champion.problem}."
        champion = None
    rivals = {POPULARITY: popularity}
    if champion is not None and champion is not challenger and champion is not popularity:
        rivals[CHAMPION] = champion
    rules = (*judge(challenger, rivals, groups, params), _not_taken_back(workspace, challenger.version))
    decided = _decide(challenger, popularity, champion, previous, rules)
    reason = decided.reason + passed_over
    return replace(decided, reason=reason, challenger=challenger.version, rules=rules)


def _not_taken_back(workspace: Workspace, version: str) -> Rule:
    """Let no run undo what somebody decided by hand."""
    back = promotions.taken_back(workspace, version)
    told = f"was taken back by {back.who} on {back.at[:10]}: {back.why}" if back else "was never taken back"
    return Rule("not taken back", back is None, told, {})


def _decide(
    challenger: Scores,
    popularity: Scores,
    champion: Scores | None,
    previous: str,
    rules: tuple[Rule, ...],
) -> Decision:
    """Decide as `decide` says; `champion` is None if there is none whose score counts."""
    if champion is challenger:
        return Decision(
            previous, previous, f"{previous} is already champion{_warning(challenger, popularity)}."
        )
    broken = [rule for rule in rules if not rule.passed]
    if not broken:
        compared = [rule for rule in rules if rule.is_comparison]
        reason = f"{challenger.named()} becomes champion: it {_sentence(compared)}."
        return Decision(challenger.version, previous, reason)
    # without sound scores the other figures mean nothing
    refusal = challenger.problem or f"{challenger.named()} {_sentence(broken)}"
    if champion is None:
        nobody = "no champion's score counting" if previous else "there being none yet"
        reason = f"{popularity.version} becomes champion, {nobody}: {refusal}."
        return Decision(popularity.version, previous, reason)
    if champion.kind == POPULARITY and _beats(popularity, champion):
        reason = f"{popularity.version} becomes champion in place of the older {champion.named()}: {refusal}."
        return Decision(popularity.version, previous, reason)
    return Decision(
        previous, previous, f"{previous} stays champion: {refusal}{_warning(champion, popularity)}."
    )


def _sentence(rules: Sequence[Rule]) -> str:
    """Join what is told of the challenger."""
    *first, last = (rule.why for rule in rules)
    return f"{', '.join(first)} and {last}" if first else last


def promote(workspace: Workspace, decision: Decision, *, who: str = promotions.PIPELINE) -> str:
    """Carry out the decision, after a smoke test of whom it names, and return the champion.

    The pointer moves last, after the version's files are verified. Raises BusyError if the champion
    changed since the decision was made: it compared with another. Raises DataError as `smoke_test` does.
    """
    if registry.champion(workspace) != decision.champion:
        smoke_test(workspace, decision.champion)
        registry.promote(
            workspace, decision.champion, why=decision.reason, who=who, instead_of=decision.previous
        )
    return decision.champion


def figures(scores: Mapping[str, Scores], decision: Decision) -> dict[str, Any]:
    """Return what a run reports, ready for JSON: `k`, `users`, and by role `metrics` and `ahead_of`.

    metrics: `ndcg`, `recall`, and `seen_test` where there is a reason to mark them. ahead_of: how much
    NDCG the challenger has more, with `standard_error`. The challenger is called "model" there, as in
    the ids that stages hand on. decision: its reason; rules: how the challenger kept each.
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
    rules = [{"rule": rule.name, "passed": rule.passed, "why": rule.why} for rule in decision.rules]
    return {
        "k": challenger.k,
        "users": len(challenger.ndcg),
        "metrics": metrics,
        "ahead_of": {role: asdict(apart) for role, apart in differences(scores).items()},
        "decision": decision.reason,
        "rules": rules,
    }


def _scores_of(version: str, scores: Mapping[str, Scores]) -> Scores | None:
    """Return the scores of the champion, whatever its role in the comparison; None if there is none."""
    found = [one for one in scores.values() if version and one.version == version]
    if version and not found:
        raise BusyError(f"the champion {version} was not scored: {CHAMPION} has changed", "Evaluate again.")
    return found[0] if found else None


def _beats(one: Scores, other: Scores) -> bool:
    return bool(one.ndcg.mean() > other.ndcg.mean())


def _warning(champion: Scores, popularity: Scores) -> str:
    if champion is popularity or _beats(champion, popularity):
        return ""
    return f"; beware: {champion.named()} does not beat {popularity.named()}"

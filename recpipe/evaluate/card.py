"""The model card: what a version is, what it was made from, how good it is and where its limits are."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recpipe.core import registry
from recpipe.core.files import write_json, write_text
from recpipe.core.starts import STARTED_FROM
from recpipe.core.workspace import Workspace
from recpipe.evaluate.gate import Decision
from recpipe.evaluate.questions import HeldOut
from recpipe.evaluate.scores import Scores, differences

CARD = "card.md"


def write_card(
    workspace: Workspace, role: str, scores: Mapping[str, Scores], test: HeldOut, decision: Decision
) -> Path:
    """Write `metrics.json` and `card.md` beside the version that played `role`; return the card's path.

    Both are written atomically and are no part of the version's hashed files.
    """
    own = scores[role]
    folder = workspace.models.path(own.version)
    compared = {
        name: {"version": one.version, "seen_test": one.seen_test, **one.means()}
        for name, one in scores.items()
    }
    measured = {
        **own.means(),
        "problem": own.problem,
        "test": test.summary(),
        "compared": compared,
        "challenger_ahead_of": {name: asdict(apart) for name, apart in differences(scores).items()},
    }
    write_json(folder / registry.METRICS, {**measured, "decision": decision.record()})
    manifest = workspace.models.manifest(own.version)
    write_text(folder / CARD, _card(manifest, own, scores, test, decision))
    return folder / CARD


def _card(
    manifest: dict[str, Any], own: Scores, scores: Mapping[str, Scores], test: HeldOut, decision: Decision
) -> str:
    sections = {
        "Data": _bullets(_data(test)),
        "Metrics": f"{_metrics_table(scores)}\n\n{_bullets_of(_beside(scores))}\n\n{_asked(test)}",
        "Decision": f"{decision.reason}\n\n{_rules_table(decision)}".strip(),
        "Parameters": _bullets(manifest.get("parameters", {})),
        "Training": _bullets(_single(manifest.get("figures", {}))),
        "Limits": _bullets_of(_limits(manifest, own, test)),
        "Lineage": _bullets(_lineage(manifest, test)),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items() if text)
    return f"# {own.version}\n\nA model of the kind `{own.kind}`.\n\n{body}\n"


def _data(test: HeldOut) -> dict[str, Any]:
    manifest = test.snapshot.manifest
    split = manifest["split"]
    kept = {name: f"{count:,}" for name, count in manifest["inputs"].items() if isinstance(count, int)}
    span = {"split": split["kind"], "test from": split["test_from"], "newest event": split["newest"]}
    # split "last-event" has no common time
    return {
        **kept,
        **{name: at for name, at in span.items() if at},
        "items known at the cut": f"{manifest['known_items']:,}",
    }


def _asked(test: HeldOut) -> str:
    counts = test.counts
    return (
        f"Full ranking, seen items {'excluded' if test.excludes_seen else 'allowed'}, ties by item id. "
        f"{counts.users:,} users with at least one right answer ({counts.right_answers:,} in all). "
        f"Of {counts.events:,} test events {counts.unknown_share:.1%} are on items not known before "
        f"the test and {counts.seen_share:.1%} on items the user had before."
    )


def _beside(scores: Mapping[str, Scores]) -> list[str]:
    """Tell how sure the differences are, and whose score is no evidence."""
    ahead = [
        f"The challenger is ahead of {role} by {apart} NDCG (mean over the users ± its standard error)."
        for role, apart in differences(scores).items()
    ]
    marked = [f"{one.version} {one.seen_test}." for one in scores.values() if one.seen_test]
    return ahead + marked


def _limits(manifest: Mapping[str, Any], own: Scores, test: HeldOut) -> list[str]:
    limits = [
        "Items not known at the cut are never recommended by this version; "
        f"here they are {test.counts.unknown_share:.1%} of the test events.",
        "Users of whose history it knows nothing get the popular list; "
        f"here they are {test.counts.new_users:,} of {test.counts.users:,} users.",
        f"{own.coverage:.1%} of the items known at the cut are in some list of {own.k}.",
        "Popularity and the items' biases are as of the test's begin until there is a refit: lists for today "
        "are made from the users' histories up to now, but with these of then.",
        "The figures are of one period and one split: it is no forecast of what these lists would cause.",
    ]
    if test.snapshot.manifest["split"]["kind"] == "last-event":
        limits.append(
            "Split last-event has no common time: training knows events of others later than a user's test, "
            "and events of one user at one and the same time, told apart by their order alone, may fall on "
            "both sides of the split."
        )
    if manifest.get("parameters", {}).get("refit"):
        limits.append(
            "As champion it is refitted on everything up to now, and its refit makes the lists: no test has "
            "scored that."
        )
    return [*limits, own.problem] if own.problem else limits


def _lineage(manifest: dict[str, Any], test: HeldOut) -> dict[str, Any]:
    start = manifest.get(STARTED_FROM, "")
    return {
        "trained on snapshot": manifest["snapshot"],
        **({"warm start from": start} if start else {}),
        "scored on snapshot": test.snapshot.name,
        "data": test.snapshot.manifest["inputs"].get("data", "unknown"),
        "made at": manifest["created_at"],
        "recpipe": manifest.get("recpipe_version", "unknown"),
    }


def _metrics_table(scores: Mapping[str, Scores]) -> str:
    names = list(next(iter(scores.values())).means())
    head = ["role", "version", *names]
    rows = [
        [role, one.version, *(f"{value:.4f}" for value in one.means().values())]
        for role, one in scores.items()
    ]
    return _table(head, rows)


def _rules_table(decision: Decision) -> str:
    rows = [[rule.name, "kept" if rule.passed else "broken", rule.why] for rule in decision.rules]
    return _table(["rule", "", "the challenger"], rows) if rows else ""


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _single(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what fits into one line: no curves."""
    return {name: value for name, value in values.items() if isinstance(value, int | float | str)}


def _bullets(values: Mapping[str, Any]) -> str:
    return _bullets_of([f"{name}: {value}" for name, value in values.items()])


def _bullets_of(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)

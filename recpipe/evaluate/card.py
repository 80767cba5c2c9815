"""The model card: what a version is, what it was made from, how good it is and where its limits are."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recpipe.core import registry
from recpipe.core.files import write_json, write_text
from recpipe.core.sections import Block, Picture, as_html, as_markdown
from recpipe.core.starts import STARTED_FROM
from recpipe.core.tables import Table
from recpipe.core.workspace import Workspace
from recpipe.evaluate.bench import Bench
from recpipe.evaluate.gate import Decision
from recpipe.evaluate.plots import plots
from recpipe.evaluate.questions import HeldOut
from recpipe.evaluate.roles import CHALLENGER
from recpipe.evaluate.scores import Scores, differences
from recpipe.evaluate.tables import (
    NAMES,
    accuracy,
    beyond_accuracy,
    by_cutoff,
    by_segment,
    by_shortcut,
)

CARD = "card.md"
PAGE = "evaluation.html"
BENCH_CARD = "Bench card"

_MEANINGS = [
    "Gini: 0 all items alike, 1 one item has all places.",
    "Novelty: -log2 of the share of people who had an item.",
    "Diversity: 1 - the mean cosine of the pairs of a list.",
    "Popularity lift: how much more popular the list is than the user's history, 0 as much, 1 twice.",
    "Cold: users of whom nothing was known; items first taken after what the weights were trained on.",
]


def write_card(
    workspace: Workspace,
    role: str,
    scores: Mapping[str, Scores],
    test: HeldOut,
    decision: Decision,
    bench: Bench | None = None,
) -> Path:
    """Write `metrics.json` and `card.md` beside the version that played `role`; return the card's path.

    Both are written atomically and are no part of the version's hashed files. Without a bench card they tell
    of the contestants alone.
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
        **({"bench": bench.record()} if bench else {}),
    }
    write_json(folder / registry.METRICS, {**measured, "decision": decision.record()})
    sections = _sections(workspace, own, scores, test, decision, bench)
    write_text(folder / CARD, as_markdown(own.version, _lead(own), sections))
    return folder / CARD


def write_page(
    folder: Path,
    workspace: Workspace,
    scores: Mapping[str, Scores],
    test: HeldOut,
    decision: Decision,
    bench: Bench,
) -> Path:
    """Write the challenger's card with its plots as one page of HTML into `folder`; return its path."""
    challenger = scores[CHALLENGER]
    sections = _sections(workspace, challenger, scores, test, decision, bench)
    pictures = [Picture.of(caption, figure) for caption, figure in plots(bench).items()]
    sections[BENCH_CARD] = [*sections[BENCH_CARD], *pictures]
    write_text(folder / PAGE, as_html(challenger.version, _lead(challenger), sections))
    return folder / PAGE


def _lead(own: Scores) -> str:
    return f"A model of the kind {own.kind}."


def _sections(
    workspace: Workspace,
    own: Scores,
    scores: Mapping[str, Scores],
    test: HeldOut,
    decision: Decision,
    bench: Bench | None,
) -> dict[str, list[Block]]:
    manifest = workspace.models.manifest(own.version)
    rules = [(rule.name, "kept" if rule.passed else "broken", rule.why) for rule in decision.rules]
    return {
        "Data": [_points(_data(test))],
        "Metrics": [_metrics_table(scores), _beside(scores), _asked(test)],
        "Decision": [decision.reason, *([Table(("rule", "", "the challenger"), rules)] if rules else [])],
        **({} if bench is None else _bench_sections(bench)),
        "Parameters": [_points(manifest.get("parameters", {}))],
        "Training": [_points(_single(manifest.get("figures", {})))],
        "Limits": [_limits(manifest, own, test)],
        "Lineage": [_points(_lineage(manifest, test))],
    }


def _bench_sections(bench: Bench) -> dict[str, list[Block]]:
    """Tell what is on the bench card; every interval is of 95 %, bootstrap over the users."""
    sections: dict[str, list[Block]] = {
        BENCH_CARD: [
            "All on the same test, with 95 % intervals (bootstrap over the users). Peers have usual "
            "settings, not tuned ones.",
            accuracy(bench),
            [f"Not fitted: {told}." for told in bench.left_out],
        ],
        "At every length": [by_cutoff(bench)],
        "Beyond accuracy": [
            f"Of lists of {bench.k}.",
            _MEANINGS,
            beyond_accuracy(bench),
        ],
    }
    if any(bench.segments.values()):
        sections["Segments"] = [
            f"{NAMES[bench.metric]}@{bench.k} in groups of users, and in groups of items, where only such "
            "right answers count. Groups that would tell of too few people are not shown.",
            by_segment(bench),
        ]
    if bench.shortcuts:
        sections["What shortcuts would have shown"] = [
            "Why numbers elsewhere look better: the same model, measured in the usual easier ways.",
            by_shortcut(bench),
        ]
    return sections


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


def _metrics_table(scores: Mapping[str, Scores]) -> Table:
    names = list(next(iter(scores.values())).means())
    rows = [
        (role, one.version, *(f"{value:.4f}" for value in one.means().values()))
        for role, one in scores.items()
    ]
    return Table(("role", "version", *names), rows)


def _single(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what fits into one line: no curves."""
    return {name: value for name, value in values.items() if isinstance(value, int | float | str)}


def _points(values: Mapping[str, Any]) -> list[str]:
    return [f"{name}: {value}" for name, value in values.items()]

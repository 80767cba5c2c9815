"""What a run prints at its end, from the figures of its stages; a missing figure is left out."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from recpipe.core.workspace import Workspace
from recpipe.run.results import StageResult
from recpipe.run.stages import STAGES

SHOWN_ITEMS = 5
SHOWN_HOUSEHOLDS = 3


def summary(results: Sequence[StageResult], workspace: Workspace) -> str:
    """Return what was collected, made, decided and recommended, where it lies and what to do next."""
    figures = {result.stage: result.figures for result in results}
    ids = {name: value for result in results for name, value in result.ids.items()}
    blocks = [
        list(_collected(figures.get("collect", {}))),
        list(_made(ids, figures.get("evaluate", {}))),
        *(list(_household(sample)) for sample in _samples(figures.get("recommend", {}))),
        list(_places(results, ids, workspace)),
        list(_next_steps(workspace, results)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _collected(figures: Mapping[str, Any]) -> Iterator[str]:
    if "read" in figures:
        counted = [name for name in _COUNTED if isinstance(figures.get(name), int)]
        told = [name for name in counted if figures[name] or name not in _SELDOM]
        counts = ", ".join(f"{figures[name]:,} {name}" for name in told)
        yield _row("collected", f"{figures['read']:,} read = {counts}")
    parts = [f"{figures[name]:,} {name}" for name in ("users", "items") if isinstance(figures.get(name), int)]
    if "first_event_at" in figures and "last_event_at" in figures:
        parts.append(f"{str(figures['first_event_at'])[:10]} to {str(figures['last_event_at'])[:10]}")
    if parts:
        yield _row("", ", ".join(parts))


_COUNTED = ("kept", "duplicate", "quarantined", "dropped")
_SELDOM = ("dropped",)


def _made(ids: Mapping[str, str], figures: Mapping[str, Any]) -> Iterator[str]:
    if "snapshot" in ids:
        yield _row("snapshot", ids["snapshot"])
    metrics, k = figures.get("metrics", {}), figures.get("k", 10)
    for name in ("model", "retrieval", "popularity"):
        if name in ids or name in metrics:
            measured = ", ".join(
                f"{label}@{k} {metrics[name][key]:.4f}"
                for key, label in (("ndcg", "NDCG"), ("recall", "recall"))
                if key in metrics.get(name, {})
            )
            yield _row(name, f"{ids.get(name, ''):<22} {measured}".strip())
    if "decision" in figures:
        yield _row("decision", str(figures["decision"]))
    for number, rule in enumerate(figures.get("rules", ())):
        sign = "✓" if rule["passed"] else "✗"
        yield _row("" if number else "the gate", f"{sign} {rule['rule']}: {rule['why']}")
    if "champion" in ids:
        yield _row("champion", ids["champion"])
    if ids.get("refitted", ids.get("champion")) != ids.get("champion"):
        yield _row("refitted", f"{ids['refitted']}, on everything up to now")


def _samples(figures: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(figures.get("samples", []))[:SHOWN_HOUSEHOLDS]


def _household(sample: Mapping[str, Any]) -> Iterator[str]:
    yield f"user {sample.get('user_id', '?')}"
    for key, label in (("last", "did last"), ("recommended", "recommended")):
        if sample.get(key):
            yield _row(f"  {label}", "; ".join(str(title) for title in sample[key][:SHOWN_ITEMS]))


def _places(results: Sequence[StageResult], ids: Mapping[str, str], workspace: Workspace) -> Iterator[str]:
    if "publication" in ids:
        yield _row("lists", str(workspace.publications.root / ids["publication"]))
    yield from (_row("evaluation", one.figures["page"]) for one in results if "page" in one.figures)
    folders = {result.stage: Path(result.folder) for result in results if result.folder}
    if len({folder.parent for folder in folders.values()}) == 1:
        yield _row("notebooks", f"{next(iter(folders.values())).parent}/*/*.html")
    else:
        for stage, folder in folders.items():
            yield _row("notebook", str((folder / STAGES[stage].notebook).with_suffix(".html")))


def _next_steps(workspace: Workspace, results: Sequence[StageResult]) -> Iterator[str]:
    option = f"--workspace {workspace.root}"
    samples = _samples(next((result.figures for result in results if result.stage == "recommend"), {}))
    if any(result.stage == "recommend" for result in results):
        user = samples[0].get("user_id", "USER") if samples else "USER"
        yield _row("next", f"recpipe recommend {user} {option}")
        yield _row("", f"recpipe export lists.csv {option}")
    else:
        yield _row("next", f"recpipe run {option}")
    yield _row("", f"recpipe up {option}      the same in a browser, and on a schedule")
    yield _row("", f"recpipe lab {option}     the notebooks, to look into and to change")


def _row(label: str, text: str) -> str:
    return f"{label:<14}{text}"

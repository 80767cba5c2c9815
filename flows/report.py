"""The markdown report of a run: what its notebooks counted and decided, as a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from recpipe.run.results import StageResult


def run_report(name: str, results: Sequence[StageResult]) -> str:
    """Return the report of run `name` in markdown: one row a figure, grouped by stage."""
    lines = [f"# Run {name}", "", "| stage | figure | value |", "|---|---|---|"]
    for result in results:
        state = "reused" if result.reused else _cost(result)
        lines.append(f"| **{result.stage}** | | {state} |")
        for kind, value in (result.ids | dict(_flat(result.figures))).items():
            lines.append(f"| | {_cell(kind)} | {_cell(value)} |")
    for result in results:
        lines += _gate(result.figures.get("rules", ()))
    return "\n".join(lines)


def _gate(rules: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The rules of the gate and how the challenger kept each, where a stage decided by them."""
    if rules:
        yield from ("", "## The gate", "", "| rule | | the challenger |", "|---|---|---|")
    for rule in rules:
        state = "kept" if rule["passed"] else "**broken**"
        yield f"| {_cell(rule['rule'])} | {state} | {_cell(rule['why'])} |"


def _cost(result: StageResult) -> str:
    parts = [f"{result.seconds:.0f} s"]
    if result.kernel:
        parts.append(f"kernel {result.kernel['cpu_seconds']:.0f} CPU-s, {result.kernel['peak_mib']:,} MiB")
    return ", ".join(parts)


def _flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in figures.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif not isinstance(value, list):  # lists are samples, shown in the notebook
            yield f"{prefix}{key}", value


def _cell(value: Any) -> str:
    text = (
        f"{value:.4f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )
    return text.replace("|", "\\|").replace("\n", " ")

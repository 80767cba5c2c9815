"""What came in, what was refused, and which checks failed."""

from collections.abc import Iterator

from recpipe.core.sections import Block
from recpipe.core.tables import Table
from recpipe.run.report.facts import Facts
from recpipe.run.report.words import told

COUNTED = ("kept", "duplicate", "quarantined", "dropped")
PARTS = ("train", "validation", "test")
ALSO = {
    "late": "of them late",
    "set_aside_users": "users set aside, who do more in a day than a person can",
    "unchanged_files": "files that were read before",
}
"""Figures that are told where they are not 0."""


def came_in(facts: Facts) -> Iterator[Block]:
    """Rows read and what became of them; what the tables hold now; the snapshot's parts."""
    figures = facts.figures("collect")
    if "read" in figures:
        counts = ", ".join(f"{figures[name]:,} {name}" for name in COUNTED if name in figures)
        yield f"{figures['read']:,} rows read = {counts}."
        yield [f"{figures[name]:,} {meaning}" for name, meaning in ALSO.items() if figures.get(name)]
    if {"events", "users", "items"} <= set(figures):
        span = f", {str(figures['first_event_at'])[:10]} to {str(figures['last_event_at'])[:10]}"
        held = f"{figures['events']:,} events of {figures['users']:,} users on {figures['items']:,} items"
        yield f"Held now: {held}{span}."
    if files := figures.get("files"):
        rows = [[str(one.get(name, "")) for name in ("file", "table", "format")] for one in files]
        yield Table(("file", "table", "format"), rows)
    features = facts.figures("features")
    if parts := features.get("parts"):
        counts = ", ".join(f"{parts[part]:,} {part}" for part in PARTS if part in parts)
        yield f"Snapshot {features.get('snapshot', '')}: events by part: {counts}."
    if moved := features.get("drift", {}).get("moved"):
        yield f"Moved since the champion's snapshot: {', '.join(map(str, moved))}."


def refused(facts: Facts) -> Iterator[Block]:
    """Reasons of the quarantine, with how many rows each has."""
    if reasons := facts.figures("collect").get("reasons"):
        rows = sorted(reasons.items(), key=lambda row: -row[1])
        yield Table(("reason", "rows"), [(reason, told(count)) for reason, count in rows])
        yield "`recpipe quarantine` shows the rows, with file and place."


def checks(facts: Facts) -> Iterator[Block]:
    """Expectations that failed, with what was seen; else how many were held."""
    every = [one for results in facts.checks.values() for one in results]
    if not every:
        return
    failed = [one for one in every if not one["success"]]
    yield f"{len(every) - len(failed)} of {len(every)} expectations are met."
    if failed:
        columns = ("suite", "expectation", "column", "severity", "observed", "why")
        yield Table(columns, [[str(one.get(name, "")) for name in columns] for one in failed])


def checks_table(facts: Facts) -> Table:
    """Every expectation, so that runs can be compared."""
    columns = ("suite", "expectation", "column", "severity", "observed")
    rows = [
        [*(str(one.get(name, "")) for name in columns), "met" if one["success"] else "failed"]
        for results in facts.checks.values()
        for one in results
    ]
    return Table((*columns, "state"), rows)

"""What the lists hold: how many, for whom, of which categories, and a few of them with titles."""

from collections.abc import Iterator, Mapping
from typing import Any

from recpipe.core.sections import Block, Picture
from recpipe.core.tables import Table
from recpipe.run.report import plots
from recpipe.run.report.facts import Facts

SHOWN_ITEMS = 5


def lists(facts: Facts) -> Iterator[Block]:
    """Counts, why some are short, the mix of categories, and samples."""
    figures = facts.figures("recommend")
    if "users" in figures and "rows" in figures:
        personal = f", {figures['personal']:,} of them personal" if "personal" in figures else ""
        yield f"{figures['rows']:,} recommendations for {figures['users']:,} users{personal}."
    if figures.get("short"):
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in figures.get("short_by", {}).items())
        yield f"{figures['short']:,} lists are short" + (f": {reasons}." if reasons else ".")
    if mix := figures.get("mix"):
        yield Picture.of("Category mix: the lists beside all events", plots.mix(mix))
    if samples := figures.get("samples"):
        yield Table(("user", "did last", "recommended"), [_row(sample) for sample in samples])


def _row(sample: Mapping[str, Any]) -> list[str]:
    shown = [
        "; ".join(map(str, sample.get(name, ())[:SHOWN_ITEMS])) or "nothing"
        for name in ("last", "recommended")
    ]
    return [str(sample.get("user_id", "?")), *shown]

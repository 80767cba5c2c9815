"""The whole report: its sections in order, its tables, and its files in the run's folder."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recpipe.core.files import write_text
from recpipe.core.sections import Block, Link, as_html, as_markdown, with_links
from recpipe.core.tables import Table
from recpipe.run.report.changed import changed
from recpipe.run.report.facts import Facts
from recpipe.run.report.failure import what_went_wrong
from recpipe.run.report.incoming import came_in, checks, checks_table, refused
from recpipe.run.report.lists import lists
from recpipe.run.report.quality import bench_card, bench_table, gate, gate_table, second_stage, training
from recpipe.run.report.words import flat, told
from recpipe.run.results import StageResult
from recpipe.run.stages import STAGES

logger = logging.getLogger("recpipe.run")

MARKDOWN, PAGE = "report.md", "report.html"


@dataclass(frozen=True)
class Report:
    """A report. Links of `sections` hold paths; `tables` are those whose history can be compared, by key."""

    title: str
    lead: str
    sections: Mapping[str, list[Block]]
    tables: Mapping[str, Table]

    def markdown(self, address_of: Callable[[str], str]) -> str:
        """Return it as markdown; `address_of` makes a path an address, "" where it has none."""
        return as_markdown(self.title, self.lead, with_links(self.sections, address_of))

    def html(self, address_of: Callable[[str], str]) -> str:
        """Return it as one page that needs nothing from elsewhere."""
        return as_html(self.title, self.lead, with_links(self.sections, address_of))


def make_report(facts: Facts) -> Report:
    """Make the report of a run."""
    makers = {
        "What went wrong": what_went_wrong,
        "What came in": came_in,
        "What was refused": refused,
        "Checks": checks,
        "Training": training,
        "Second stage": second_stage,
        "Bench card": bench_card,
        "The gate": gate,
        "The lists": lists,
        "Your own stages": _own,
        "Changed parameters": changed,
        "Stages": _stages,
        "Notebooks": _notebooks,
    }
    tables = {"checks": checks_table(facts), "bench-card": bench_table(facts), "gate": gate_table(facts)}
    return Report(
        title=f"Run {facts.folder.name}",
        lead=f"Failed in {facts.failed or 'its preparation'}." if facts.error else "Finished.",
        sections={name: _section(name, make, facts) for name, make in makers.items()},
        tables={key: table for key, table in tables.items() if table.rows},
    )


def write_report(report: Report, folder: Path) -> None:
    """Write report.md and report.html into the run's folder, with links relative to it."""

    def relative(path: str) -> str:
        return os.path.relpath(path, folder)

    write_text(folder / MARKDOWN, report.markdown(relative))
    write_text(folder / PAGE, report.html(relative))


def _section(name: str, make: Callable[[Facts], Iterable[Block]], facts: Facts) -> list[Block]:
    """Make one section; an edited notebook may report anything, and that must not fail the run."""
    try:
        return list(make(facts))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        told_error = f"{type(error).__name__}: {error}"
        logger.warning("the report cannot tell of %r: %s", name, told_error)
        return [
            f"Cannot be told, as the figures are not as the shipped notebooks report them ({told_error})."
        ]


def _stages(facts: Facts) -> Iterator[Block]:
    rows = [[result.stage, *_cost(result)] for result in facts.results]
    if facts.failed:
        rows.append([facts.failed, "failed", "", "", ""])
    yield Table(("stage", "state", "seconds", "CPU seconds of the kernel", "its peak in MiB"), rows)


def _cost(result: StageResult) -> list[str]:
    kernel = [
        f"{result.kernel[name]:,.0f}" if name in result.kernel else "" for name in ("cpu_seconds", "peak_mib")
    ]
    return ["reused" if result.reused else "finished", f"{result.seconds:,.0f}", *kernel]


def _notebooks(facts: Facts) -> Iterator[Block]:
    folders = [(result.stage, Path(result.folder)) for result in facts.results if result.folder]
    folders += [(facts.failed, facts.folder / facts.failed)] if facts.failed else []
    pages = [
        (stage, page)
        for stage, folder in folders
        for page in sorted(folder.glob("*.html"))
        if _is_notebook(page)
    ]
    yield [Link(f"{stage}: executed notebook", str(page)) for stage, page in pages]


def _is_notebook(page: Path) -> bool:
    return page.with_suffix(".ipynb").is_file()


def _own(facts: Facts) -> Iterator[Block]:
    """What stages of one's own report, figure by figure."""
    rows = [
        (result.stage, name, told(value))
        for result in facts.results
        if result.stage not in STAGES
        for name, value in (*result.ids.items(), *flat(result.figures))
    ]
    if rows:
        yield Table(("stage", "figure", "value"), rows)

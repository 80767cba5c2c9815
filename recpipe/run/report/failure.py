"""What went wrong: the message, the cell that failed, and where its executed notebook lies."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat.reader import NotJSONError

from recpipe.core.sections import Block, Link, Verbatim
from recpipe.run.report.facts import Facts

TRACEBACK_LINES = 25
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def what_went_wrong(facts: Facts) -> Iterator[Block]:
    """Message, hint, the failing cell with the end of its traceback, and the link that leads to it."""
    if not facts.error:
        return
    yield f"{facts.failed or 'The run'}: {facts.error['message']}"
    if facts.error["hint"]:
        yield f"To do: {facts.error['hint']}"
    executed = next((facts.folder / facts.failed).glob("*.ipynb"), None) if facts.failed else None
    if executed is None:
        return
    cell = failed_cell(executed)
    if cell is None:
        yield Link("The executed notebook", str(executed.with_suffix(".html")))
        return
    number = facts.error["cell"] or cell.get("execution_count") or "?"
    yield Link(
        f"Cell {number} of the executed notebook", f"{executed.with_suffix('.html')}#cell-id={cell['id']}"
    )
    yield Verbatim(cell["source"])
    if lines := _traceback(cell):
        yield Verbatim("\n".join(lines[-TRACEBACK_LINES:]))


def failed_cell(executed: Path) -> Any:
    """Return the cell that raised; the one at work where the kernel died; None where that is not known."""
    try:
        cells = nbformat.read(executed, as_version=4).cells
    except (OSError, NotJSONError):  # a full disk has cut it off
        return None
    code = [cell for cell in cells if cell.cell_type == "code" and cell.get("id")]
    raised = [cell for cell in code if any(output.output_type == "error" for output in cell.outputs)]
    at_work = [
        cell for cell in code if cell.metadata.get("papermill", {}).get("status") in ("running", "failed")
    ]
    return next(iter(raised or at_work), None)


def _traceback(cell: Any) -> list[str]:
    told = [output for output in cell.outputs if output.output_type == "error"]
    return _COLOURS.sub("", "\n".join(told[0].traceback)).splitlines() if told else []

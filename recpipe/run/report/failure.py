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
    cell = failed_cell(executed, facts.error["cell"])
    if cell is None:
        yield Link("The executed notebook", str(executed.with_suffix(".html")))
        return
    place = f"{executed.with_suffix('.html')}#cell-id={cell['id']}"
    yield Link(f"Cell {facts.error['cell']} of the executed notebook", place)
    yield Verbatim(cell["source"])
    if lines := _traceback(cell):
        yield Verbatim("\n".join(lines[-TRACEBACK_LINES:]))


def failed_cell(executed: Path, number: int) -> Any:
    """Return the cell that raised, else the code cell of that `number`; None where none is known."""
    try:
        cells = nbformat.read(executed, as_version=4).cells
    except (OSError, NotJSONError):  # a full disk has cut it off
        return None
    code = [cell for cell in cells if cell.cell_type == "code"]
    raised = [cell for cell in code if any(output.output_type == "error" for output in cell.outputs)]
    numbered = [cell for cell in code if cell.source.strip()]
    return next(iter(raised or numbered[number - 1 : number]), None) if number else None


def _traceback(cell: Any) -> list[str]:
    told = [output for output in cell.outputs if output.output_type == "error"]
    return _COLOURS.sub("", "\n".join(told[0].traceback)).splitlines() if told else []

"""What a person sees while it runs: the stage at work, since when and how far, and what it logs."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from recpipe.core.progress import Progress as Told

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LOGGER = "recpipe"


class PlainLines(logging.Handler):
    """One line with its time for each event and log line; for files, pipes and CI."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the record; the steps from cell to cell are left out."""
        if getattr(record, "event", "") != "cell":
            clock = time.strftime("%H:%M:%S", time.localtime(record.created))
            print(f"{clock} {record.getMessage()}", file=sys.stderr, flush=True)


class StatusLine(logging.Handler):
    """Last lines that name the stage, its cell, the time since it started, and how far a long step is.

    Log lines stand above them.
    """

    def __init__(self, progress: "Progress") -> None:
        super().__init__()
        self.progress = progress
        self.line: TaskID | None = None
        self.bar: TaskID | None = None
        self.label = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Move the last lines on, or print the record above them."""
        event, text = getattr(record, "event", ""), record.getMessage()
        told = Told.parse(text)
        if event:
            self._close_bar()
            self._follow(event, record, text)
        elif told and told.done < told.total:
            self._draw(told)
        else:
            if told:
                self._close_bar()
            self.progress.console.print(f"  {text}", style="dim", markup=False, highlight=False)

    def _follow(self, event: str, record: logging.LogRecord, text: str) -> None:
        if event == "started":
            self._close_line()
            self.line = self.progress.add_task(record.stage, total=None)  # type: ignore[attr-defined]
        elif event == "cell" and self.line is not None:
            self.progress.update(self.line, description=text.replace(":", " ·"))
        elif event in _MARKS:
            self._close_line()
            self.progress.console.print(f"{_MARKS[event]} {text}", markup=False, highlight=False)

    def _draw(self, told: Told) -> None:
        if self.bar is None or told.label != self.label:
            self._close_bar()
            self.bar, self.label = self.progress.add_task(f"  {told}", total=told.total), told.label
        self.progress.update(self.bar, description=f"  {told}", completed=told.done)

    def _close_line(self) -> None:
        if self.line is not None:
            self.progress.remove_task(self.line)
        self.line = None

    def _close_bar(self) -> None:
        if self.bar is not None:
            self.progress.remove_task(self.bar)
        self.bar = None


_MARKS = {"finished": "✓", "reused": "↺", "failed": "✗"}


@contextmanager
def shown_progress() -> Iterator[None]:
    """Show what recpipe logs meanwhile: a live status line on a terminal, else plain lines."""
    if not sys.stderr.isatty():
        with _attached(PlainLines()):
            yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        with _attached(StatusLine(progress)):
            yield


@contextmanager
def _attached(handler: logging.Handler) -> Iterator[None]:
    logger = logging.getLogger(LOGGER)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)

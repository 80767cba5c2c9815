"""What a person sees while it runs: the stage at work and since when, and what it logs."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
    """A last line that names the stage, its cell and the time since it started; log lines above it."""

    def __init__(self, progress: "Progress") -> None:
        super().__init__()
        self.progress = progress
        self.line: TaskID | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Move the status line on, or print the record above it."""
        event, text = getattr(record, "event", ""), record.getMessage()
        if event == "started":
            self._close()
            self.line = self.progress.add_task(record.stage, total=None)  # type: ignore[attr-defined]
        elif event == "cell" and self.line is not None:
            self.progress.update(self.line, description=text.replace(":", " ·"))
        elif event in {"finished", "reused", "failed"}:
            self._close()
            self.progress.console.print(f"{_MARKS[event]} {text}", markup=False, highlight=False)
        elif event != "cell":
            self.progress.console.print(f"  {text}", style="dim", markup=False, highlight=False)

    def _close(self) -> None:
        if self.line is not None:
            self.progress.remove_task(self.line)
        self.line = None


_MARKS = {"finished": "✓", "reused": "↺", "failed": "✗"}


@contextmanager
def shown_progress() -> Iterator[None]:
    """Show what recpipe logs meanwhile: a live status line on a terminal, else plain lines."""
    if not sys.stderr.isatty():
        with _attached(PlainLines()):
            yield
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
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

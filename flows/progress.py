"""How far a stage is, as a progress artifact in the UI: cells, and the steps that a long cell tells of."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from httpx import HTTPError
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import PrefectException

from recpipe.core.progress import Progress

INTERVAL_SECONDS = 2.0
"""The UI learns of news at most so often."""

logger = logging.getLogger("recpipe.flows")


@dataclass(eq=False)
class Follower(logging.Handler):
    """Reads off the log of a stage how far it is.

    `percent` counts the cells that are done, and of the one at work the steps; `words` say the same.
    """

    stage: str
    percent: float = 0.0
    words: str = ""
    news: threading.Event = field(default_factory=threading.Event)
    _cell: int = 1
    _cells: int = 1

    def __post_init__(self) -> None:
        """Be a handler too."""
        super().__init__()

    def emit(self, record: logging.LogRecord) -> None:
        """Follow the record if it tells of a cell, of a long step or of the stage's end."""
        event, told = getattr(record, "event", ""), Progress.parse(record.getMessage())
        if event == "cell":
            self._cell, self._cells = vars(record)["cell"], vars(record)["cells"]
            self._tell(0.0, f"cell {self._cell} of {self._cells}")
        elif told:
            self._tell(told.done / max(1, told.total), f"cell {self._cell} of {self._cells}; {told}")
        elif event in ("finished", "reused"):
            self.percent, self.words = 100.0, event
            self.news.set()

    def _tell(self, share: float, words: str) -> None:
        self.percent = 100 * (self._cell - 1 + share) / self._cells
        self.words = words
        self.news.set()


@contextmanager
def shown_progress(stage: str) -> Iterator[None]:
    """Show in the UI how far `stage` is, while the block runs it."""
    artifact = create_progress_artifact(0.0, key=_key(stage), description=f"{stage}: starts")
    follower, ended = Follower(stage), threading.Event()
    # a thread of its own: the notebook's event loop is at work in this one
    teller = threading.Thread(target=_tell_on, args=(artifact, follower, ended), daemon=True)
    logging.getLogger("recpipe").addHandler(follower)
    teller.start()
    try:
        yield
    finally:
        logging.getLogger("recpipe").removeHandler(follower)
        ended.set()
        follower.news.set()
        teller.join(INTERVAL_SECONDS)


def _tell_on(artifact: UUID, follower: Follower, ended: threading.Event) -> None:
    """Pass on what is new until the stage has ended; a server that is away costs the picture, not the run."""
    while follower.news.wait():
        follower.news.clear()
        words = f"{follower.stage}: {follower.words or 'starts'}"
        try:
            update_progress_artifact(artifact, progress=follower.percent, description=words)
        except (HTTPError, PrefectException) as error:
            logger.debug("progress is not shown: %s", error)
        if ended.wait(INTERVAL_SECONDS) and not follower.news.is_set():
            return


def _key(stage: str) -> str:
    """Name the artifact of a stage; Prefect allows letters, digits and dashes."""
    return f"progress-{stage.replace('_', '-')}"

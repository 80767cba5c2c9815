"""Two runs on one workspace: a served one waits for the other, or is cancelled, as `recpipe up` was told.

The deployments' own limits count each deployment alone; below them this holds against all others, and
against `recpipe run` in a terminal.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from recpipe.core.errors import BusyError
from recpipe.core.workspace import Workspace

logger = logging.getLogger("recpipe.run")

OVERLAP = "RECPIPE_OVERLAP"
"""What `recpipe up` was told; not set for runs that a terminal starts, which are refused at once."""

LOOK_SECONDS = 1.0


class OverlapError(BusyError):
    """Another run is at work, and this one was not to wait."""


@contextmanager
def held(workspace: Workspace) -> Iterator[None]:
    """Hold `workspace` for this run, waiting for the one at work if that is the strategy.

    Raises OverlapError where new runs are cancelled, BusyError where nothing was said.
    """
    strategy, told = os.environ.get(OVERLAP, ""), False
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(workspace.lock())
                break
            except BusyError as error:
                if strategy == "cancel-new":
                    raise OverlapError(error.message, error.hint) from None
                if strategy != "enqueue":
                    raise
                if not told:
                    logger.info("%s; waiting for it to end", error.message)
                told = True
                time.sleep(LOOK_SECONDS)
        yield

"""What a run logs: in its folder, too, and without secrets."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recpipe.core.secrets import Mask

LOGGERS = ("prefect", "recpipe")
FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Append to `path` what Prefect and recpipe log meanwhile, tracebacks included."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter(FORMAT))
    loggers = [logging.getLogger(name) for name in LOGGERS]
    logging.getLogger("recpipe").setLevel(logging.INFO)  # also what the UI shows
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()


def mask_logs(mask: Mask) -> None:
    """Mask what this process logs from now on, tracebacks included, wherever it goes.

    Also after the run: that is when Prefect tells how it ended.
    """

    def masked_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = logging.LogRecord(*args, **kwargs)
        told = record.getMessage()
        if mask(told) != told:
            record.msg, record.args = mask(told), ()
        if record.exc_info and record.exc_info[0]:
            raised = "".join(traceback.format_exception(*record.exc_info)).rstrip()
            if mask(raised) != raised:
                record.exc_text = mask(raised)
        return record

    logging.setLogRecordFactory(masked_record)

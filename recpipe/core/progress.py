"""How far a long step is, as lines of the log: few enough to read, regular enough to draw a bar from.

The log is the only channel: a notebook prints it, the runner passes it on, the terminal draws it.
"""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

INTERVAL_SECONDS = 1.0
STEPS = 20
"""A line is told once so much time and one of so many equal shares have passed since the last."""

logger = logging.getLogger("recpipe.progress")

_LINE = re.compile(r"(?P<label>.+): (?P<done>\d[\d,]*) of (?P<total>\d[\d,]*) (?P<unit>\w+)")


@dataclass(frozen=True)
class Progress:
    """One line: `done` of `total` units of the step called `label`.

    >>> str(Progress("lists", 20_480, 100_000, "users"))
    'lists: 20,480 of 100,000 users'
    """

    label: str
    done: int
    total: int
    unit: str

    def __str__(self) -> str:
        return f"{self.label}: {self.done:,} of {self.total:,} {self.unit}"

    @classmethod
    def parse(cls, line: str) -> "Progress | None":
        """Read a line that `track` wrote; None if it is another.

        >>> Progress.parse("lists: 20,480 of 100,000 users").done
        20480
        >>> Progress.parse("train: cell 3 of 7")
        """
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        done, total = (int(match[name].replace(",", "")) for name in ("done", "total"))
        return cls(match["label"], done, total, match["unit"])


def track(label: str, total: int, unit: str) -> Callable[[int], None]:
    """Return `advance(count)`, which counts up to `total` and logs how far it is, `STEPS` times at most.

    The end is logged at once when it is reached; a step that stops before says no more.
    """
    done, told, told_at = 0, 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, told, told_at
        done = min(done + count, total)
        is_due = (done - told) * STEPS >= total and time.monotonic() - told_at >= INTERVAL_SECONDS
        if told < done and (is_due or done == total):
            logger.info("%s", Progress(label, done, total, unit))
            told, told_at = done, time.monotonic()

    return advance

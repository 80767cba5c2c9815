"""A full disk, told alike wherever it is found out."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recpipe.core.errors import DiskFullError

# the third is NumPy's way to say it
_SIGNS = re.compile(
    r"No space left on device|Disk quota exceeded|\d+ requested and \d+ written", re.IGNORECASE
)


LEAST_BYTES = 16_000_000
"""What Prefect's state and the notebooks of a run take, about; data come on top."""


def disk_full(error: object, place: Path) -> DiskFullError | None:
    """Return what to raise instead of `error` if a full disk is behind it; `place` lies on that disk."""
    if not _SIGNS.search(str(error)):
        return None
    place = place.absolute()
    disk = next(folder for folder in (place, *place.parents) if folder.is_mount())
    return DiskFullError(
        f"{place}: the disk is full (mounted at {disk})", "Free space there, then run again."
    )


def require_space(place: Path) -> None:
    """Raise DiskFullError where a run could not even begin: Prefect's server would wait for minutes."""
    free = shutil.disk_usage(place).free
    if free < LEAST_BYTES:
        raise DiskFullError(
            f"{place}: {free / 1e6:.1f} MB are free on this disk",
            f"Free {LEAST_BYTES / 1e6:.0f} MB at least.",
        )


@contextmanager
def disk_errors_named(place: Path) -> Iterator[None]:
    """Raise DiskFullError where the block fails for want of space; everything else passes."""
    try:
        yield
    except OSError as error:
        named = disk_full(error, place)
        if named:
            raise named from error
        raise

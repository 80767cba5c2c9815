"""Whether a file may have changed, told without reading it."""

from pathlib import Path
from typing import Any


def file_fingerprint(path: Path) -> list[Any]:
    """Return path, size and time of the last change (nanoseconds): what `Source.fingerprint` lists."""
    status = path.stat()
    return [str(path), status.st_size, status.st_mtime_ns]

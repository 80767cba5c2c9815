"""Files that exist whole or not at all: JSON written atomically, folders synced, contents hashed."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

from recpipe.core.errors import DataError

TEMPORARY = ".tmp-"
"""Prefix of everything unfinished. What a process that is gone left behind, the next run removes."""

_PROCESS = re.compile(r"-(\d+)-[0-9a-f]{6}$")


def temporary(folder: Path, name: str) -> Path:
    """Return a path in `folder` for something unfinished that will be called `name`."""
    return folder / f"{TEMPORARY}{name}-{os.getpid()}-{uuid4().hex[:6]}"


def sweep(root: Path) -> None:
    """Remove everything unfinished below `root` whose process is gone; one at work keeps its own."""
    for path in list(root.rglob(f"{TEMPORARY}*")):
        process = _PROCESS.search(path.name)
        if process and path.exists() and not is_running(int(process[1])):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def canonical_json(value: Any) -> str:
    """Render `value` as JSON whose bytes depend on its content only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def content_id(*parts: Any) -> str:
    """Return eight hexadecimal digits that name `parts` by their content."""
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:8]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` so that a reader sees the old file or the new one, never a part."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` as `write_text` does."""
    unfinished = temporary(path.parent, path.name)
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, default=str) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises DataError naming the file if it is absent or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except ValueError as error:
        raise DataError(
            f"{path}: damaged ({error})", "Delete it and run the stage that made it again."
        ) from None


def sync_folder(folder: Path) -> None:
    """Make the entries of `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make every file and folder below `folder` durable."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            sync_folder(path)
            continue
        with path.open("rb") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def is_running(process: int) -> bool:
    """Tell whether there is a process of that id, somebody else's included."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # somebody else's
    return True

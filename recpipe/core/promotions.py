"""The record of who moved the champion, when and why: `promotions.jsonl`, one line a move, only appended.

A line whose move never came about (the process died between record and pointer) does no harm: what counts
is the newest line that names today's champion.
"""

import fcntl
import getpass
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace

LOG = "promotions.jsonl"
LOCK = ".promotions.lock"
PIPELINE = "pipeline"
"""Who moves the champion where no person does."""


@dataclass(frozen=True)
class Move:
    """One move of the champion: from `replaced` to `version`; a rollback would lead to `previous`.

    "late" is one that never came about: `replaced` had become champion while it was decided upon.
    """

    action: Literal["promote", "rollback", "late"]
    version: str
    replaced: str
    previous: str
    who: str
    why: str
    at: str


def moves(workspace: Workspace) -> list[Move]:
    """Return the record of promotions and rollbacks, oldest first.

    A last line without its end (the process died while writing) is passed over.
    """
    path = _log_path(workspace)
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole_lines = text[: text.rfind("\n") + 1].split("\n")
    try:
        return [Move(**json.loads(line)) for line in whole_lines if line]
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{path}: damaged ({error})", "Repair or remove the line; the champion is not changed."
        ) from None


def taken_back(workspace: Workspace, version: str) -> Move | None:
    """Return the move by which a person put another in the place of `version`, None if it came back since."""
    for move in reversed(moves(workspace)):
        if move.action != "late" and move.replaced == version and move.who != PIPELINE:
            return move
        if move.action != "late" and version in (move.version, move.replaced):
            return None
    return None


def previous_of(version: str, record: Sequence[Move]) -> str:
    """Return the version that a rollback from `version` would lead to, "" if there is none."""
    made = (move for move in reversed(record) if move.action != "late")
    return next((move.previous for move in made if version and move.version == version), "")


def user_name() -> str:
    """Return who is at work here: the name, or where the machine has none the number of the user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


@contextmanager
def held(workspace: Workspace) -> Iterator[None]:
    """Hold champion and record: nobody else moves the one or prunes by it meanwhile. Never held for long."""
    with (workspace.root / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def record(workspace: Workspace, move: Move) -> None:
    """Append `move`, durably; call it while `held`."""
    path = _log_path(workspace)
    _drop_torn_line(path)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(move), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def now() -> str:
    """Return the time as the record tells it: ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _drop_torn_line(path: Path) -> None:
    """Cut off a last line that a dying process left unfinished: it was never acknowledged."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def _log_path(workspace: Workspace) -> Path:
    return workspace.root / LOG

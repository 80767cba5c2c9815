"""Model versions and which of them is champion: promotion, rollback, and the record of both.

The champion is a pointer, moved last. Beside it `promotions.jsonl` tells who moved it, when and why:
one line a move, only ever appended. A line whose move never came about (the process died between the
two) does no harm: what counts is the newest line that names today's champion.
"""

import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from recpipe.core.errors import DataError
from recpipe.core.files import read_json
from recpipe.core.refits import refit_of, with_refits
from recpipe.core.starts import with_starts
from recpipe.core.workspace import Workspace

CHAMPION = "champion"
POPULARITY = "popularity"
NEWEST = "newest"
METRICS = "metrics.json"
LOG = "promotions.jsonl"


@dataclass(frozen=True)
class Version:
    """A model version: `state` is "champion", "previous" or ""; `metrics` is empty until evaluated."""

    name: str
    kind: str
    snapshot: str
    created_at: str
    state: str
    metrics: dict[str, Any]


@dataclass(frozen=True)
class Move:
    """One move of the champion: from `replaced` to `version`; a rollback would lead to `previous`."""

    action: Literal["promote", "rollback"]
    version: str
    replaced: str
    previous: str
    who: str
    why: str
    at: str


def champion(workspace: Workspace) -> str:
    """Return the champion's name, "" if there is none yet."""
    return workspace.models.pointed(CHAMPION)


def previous(workspace: Workspace) -> str:
    """Return the version that a rollback would lead to, "" if there is none."""
    return _previous_of(champion(workspace), moves(workspace))


def versions(workspace: Workspace) -> list[Version]:
    """Return every model version, newest first."""
    states = {previous(workspace): "previous", champion(workspace): "champion"}
    return [_version(workspace, name, states.get(name, "")) for name in workspace.models.names()]


def in_use(workspace: Workspace, also: Collection[str] = ()) -> set[str]:
    """Return what must not be pruned: champion, the one before it, popularity, newest, and `also`.

    With each version its newest refit and what it started from, with each refit its version.
    """
    pointed = {workspace.models.pointed(pointer) for pointer in (CHAMPION, POPULARITY, NEWEST)}
    return with_starts(workspace, with_refits(workspace, (pointed | {previous(workspace), *also}) - {""}))


def moves(workspace: Workspace) -> list[Move]:
    """Return the record of promotions and rollbacks, oldest first.

    A last line without its end (the process died while writing) is passed over.
    """
    path = _log_path(workspace)
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole_lines = text[: text.rfind("\n") + 1].splitlines()
    try:
        return [Move(**json.loads(line)) for line in whole_lines if line]
    except (ValueError, TypeError) as error:
        raise DataError(
            f"{path}: damaged ({error})", "Repair or remove the line; the champion is not changed."
        ) from None


def promote(workspace: Workspace, version: str, *, why: str, who: str) -> bool:
    """Make `version` the champion; return False if it is already.

    Its files are verified first; the pointer moves last. Raises DataError if there is no such
    version, if it is a refit, or naming the file that was altered.
    """
    workspace.models.verify(version)
    if made_of := refit_of(workspace, version):
        raise DataError(
            f"{version}: a refit of {made_of}, trained on the test too, so that no score speaks for it",
            f"Promote {made_of}: lists are then made by its refit.",
        )
    replaced = champion(workspace)
    if version == replaced:
        return False
    _move(workspace, Move("promote", version, replaced, replaced, who, why, _now()))
    return True


def rollback(workspace: Workspace, *, why: str, who: str) -> str:
    """Make the champion's predecessor champion again and return its name.

    Rolling back twice goes two versions back. Raises DataError if there is no predecessor.
    """
    replaced, target = champion(workspace), previous(workspace)
    if not target:
        raise DataError(
            f"{workspace.models.root}: no champion before {replaced or 'the first'}",
            "Promote a version instead.",
        )
    workspace.models.verify(target)
    _move(
        workspace,
        Move("rollback", target, replaced, _previous_of(target, moves(workspace)), who, why, _now()),
    )
    return target


def _move(workspace: Workspace, move: Move) -> None:
    path = _log_path(workspace)
    _drop_torn_line(path)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(move), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    workspace.models.point(CHAMPION, move.version)


def _drop_torn_line(path: Path) -> None:
    """Cut off a last line that a dying process left unfinished: it was never acknowledged."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(path, whole)


def _previous_of(version: str, record: list[Move]) -> str:
    return next((move.previous for move in reversed(record) if version and move.version == version), "")


def _version(workspace: Workspace, name: str, state: str) -> Version:
    manifest = workspace.models.manifest(name)
    metrics = workspace.models.path(name) / METRICS
    return Version(
        name=name,
        kind=manifest["kind"],
        snapshot=manifest["snapshot"],
        created_at=manifest["created_at"],
        state=state,
        metrics=read_json(metrics) if metrics.exists() else {},
    )


def _log_path(workspace: Workspace) -> Path:
    return workspace.root / LOG


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")

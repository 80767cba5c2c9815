"""Erasing a user: from the tables now, and from whatever is read later."""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recpipe.core.errors import DataError
from recpipe.core.shelf import Shelf
from recpipe.core.store import Store, connect, rewrite
from recpipe.core.workspace import Workspace

KEY = ".forget-key"
"""File of the workspace: the key of the hashes by which erased users are known again.

A hash without a key would tell whoever has a list of all ids who was erased. Whoever has the key as well as
the list can tell still: refusing a user's rows when they come again needs exactly that.
"""


@dataclass(frozen=True)
class Forgotten:
    """What was erased of a user, and what still carries them: snapshots, models, publications and runs."""

    events: int
    descriptions: int
    quarantined: int
    snapshots: tuple[str, ...]
    models: tuple[str, ...]
    publications: tuple[str, ...]
    runs: tuple[str, ...]


def forget(workspace: Workspace, user_id: str) -> Forgotten:
    """Erase `user_id` from the database, and see to it that rows of theirs are dropped when read again.

    The database file is written anew, so that no deleted bytes stay in it. Snapshots, models and
    publications are immutable: those that carry the user are returned, and noted in the table
    `carriers`, by the hash, for their removal. Raises DataError if nothing was collected yet, or the key
    of earlier ones is lost.
    """
    if not workspace.database.exists():
        raise DataError(f"{workspace.root}: nothing is collected yet", "There is nobody to forget.")
    snapshots = tuple(_holding(workspace.snapshots, "interactions.parquet", user_id))
    models = tuple(_trained_on(workspace, snapshots))
    publications = tuple(_holding(workspace.publications, "part-*.parquet", user_id))
    _make_key(workspace)
    carriers = {"snapshots": snapshots, "models": models, "publications": publications}
    noted = {
        "user_hash": user_hash_of(workspace, user_id),
        "now": datetime.now(UTC).replace(tzinfo=None),
    }
    with connect(workspace.database) as store:
        store.run_sql("collect/tables")
        with store.transaction():
            store.run_sql("collect/drop_staging")
            erased = store.run_sql("collect/forget", user_id=user_id, **noted).records()[0]
            for shelf, folders in carriers.items():
                for folder in folders:
                    store.run_sql("collect/note_carrier", shelf=shelf, folder=folder, **noted)
    rewrite(workspace.database)
    runs = tuple(_mentioning(workspace.runs, user_id))
    return Forgotten(**erased, snapshots=snapshots, models=models, publications=publications, runs=runs)


def drop_forgotten(store: Store, workspace: Workspace) -> int:
    """Take the rows of erased users out of the staging tables; return how many events that were."""
    if not store.query("SELECT count(*) FROM forgotten").value():
        return 0
    dropped: int = store.run_sql("collect/drop_forgotten", key=_key(workspace)).value()
    return dropped


def user_hash_of(workspace: Workspace, user_id: str) -> str:
    """Return the hash by which `user_id` is known once erased: SHA-256 of the workspace's key and the id."""
    return hashlib.sha256((_key(workspace) + user_id).encode()).hexdigest()


def _key(workspace: Workspace) -> str:
    """Return the workspace's key. Raises DataError if it is not there."""
    path = workspace.root / KEY
    if not path.exists():
        raise DataError(
            f"{path}: missing, so that erased users could not be told from others and would come back",
            "Put it back from a copy of the workspace. Without it, erase them all again in a new workspace.",
        )
    return path.read_text(encoding="ascii")


def _make_key(workspace: Workspace) -> None:
    """Make the workspace's key when the first user is forgotten, readable for its owner alone."""
    with connect(workspace.database) as store:
        store.run_sql("collect/tables")
        if store.query("SELECT count(*) FROM forgotten").value():
            return
    path = workspace.root / KEY
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_hex(32))


def _holding(shelf: Shelf, pattern: str, user_id: str) -> Iterator[str]:
    """Yield the folders of `shelf` whose Parquet files have rows of the user."""
    with connect(None) as store:
        for name in shelf.names():
            for path in sorted(shelf.path(name).glob(pattern)):
                sql = "SELECT count(*) FROM read_parquet($path) WHERE user_id = $user_id"
                if store.query(sql, path=str(path), user_id=user_id).value():
                    yield name
                    break


def _trained_on(workspace: Workspace, snapshots: Iterable[str]) -> Iterator[str]:
    """Yield the models that learned from one of `snapshots`."""
    models = workspace.models
    return (name for name in models.names() if models.manifest(name).get("snapshot") in set(snapshots))


def _mentioning(runs: Path, user_id: str) -> Iterator[str]:
    """Yield the runs in whose notebooks and reports the id stands as a word."""
    word = re.compile(rf"(?<![\w-]){re.escape(user_id)}(?![\w-])")
    for run in sorted(path for path in runs.iterdir() if path.is_dir()):
        texts = (path for path in run.rglob("*") if path.suffix in {".ipynb", ".html", ".json"})
        if any(word.search(path.read_text(encoding="utf-8", errors="replace")) for path in texts):
            yield run.name

"""Reading the current publication, with Arrow alone: no TensorFlow, no database, no lock."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.recommend.publish import CURRENT
from recpipe.recommend.reasons import CATEGORY, ITEM


@dataclass(frozen=True)
class Deed:
    """One thing a user did."""

    at: datetime
    event_type: str
    item_id: str
    title: str


@dataclass(frozen=True)
class Recommendation:
    """One place of a list."""

    rank: int
    item_id: str
    title: str
    score: float
    because: str
    """Why: "because of <title>", "because of <category>", or "" where no reason is known."""


@dataclass(frozen=True)
class UserList:
    """What one user did last (newest first) and is recommended (best first)."""

    user_id: str
    did: list[Deed]
    recommended: list[Recommendation]

    def figures(self) -> dict[str, Any]:
        """Return the user's id and the titles only, ready for JSON."""
        last, recommended = ([one.title for one in some] for some in (self.did, self.recommended))
        return {"user_id": self.user_id, "last": last, "recommended": recommended}


@dataclass(frozen=True)
class Publication:
    """A publication on disk and the snapshot it was made from."""

    name: str
    folder: Path
    manifest: dict[str, Any]
    snapshot_folder: Path
    event_types: list[str]

    @classmethod
    def open(cls, workspace: Workspace) -> "Publication":
        """Open the current publication. Raises DataError if there is none yet."""
        name = workspace.publications.resolve("", CURRENT)
        manifest = workspace.publications.manifest(name)
        snapshot = manifest["inputs"]["snapshot"]
        types = workspace.snapshots.manifest(snapshot)["event_types"]
        return cls(
            name, workspace.publications.path(name), manifest, workspace.snapshots.path(snapshot), types
        )

    def parts(self) -> list[Path]:
        """Return the Parquet parts, in the order of the users."""
        return sorted(self.folder.glob("part-*.parquet"))

    def titles(self, ids: set[str], indices: set[int]) -> dict[str | int, tuple[str, str]]:
        """Return id and title of items, by id and by index; an item without a title shows its id."""
        named = pc.field(c.ITEM_ID).isin(pa.array(sorted(ids), pa.string()))
        numbered = pc.field(c.ITEM_INDEX).isin(pa.array(sorted(indices), pa.int32()))
        columns = [c.ITEM_INDEX, c.ITEM_ID, c.TITLE]
        titles: dict[str | int, tuple[str, str]] = {}
        for path in (self.snapshot_folder / f"{table}.parquet" for table in ("items", "new_items")):
            if not path.exists():  # snapshots of an earlier version have no new items
                continue
            for row in pq.read_table(path, columns=columns, filters=named | numbered).to_pylist():
                shown = (row[c.ITEM_ID], row[c.TITLE] or row[c.ITEM_ID])
                titles |= {row[c.ITEM_ID]: shown, row[c.ITEM_INDEX]: shown}
        return titles


def lookup(workspace: Workspace, user: str, k: int = 10, *, last: int = 5) -> UserList:
    """Return the first `k` recommendations of `user` with titles, and the `last` things the user did.

    Raises DataError if there is no publication yet or no such user in it.
    """
    publication = Publication.open(workspace)
    history = _rows_of(user, [publication.snapshot_folder / "interactions.parquet"])
    if not history.num_rows:
        raise DataError(
            f"publication {publication.name}: there is no user {user!r}",
            "Check the id, or run the pipeline again if the user is new.",
        )
    listed = _rows_of(user, publication.parts()).sort_by(c.RANK).slice(0, k).to_pylist()
    deeds = _last_deeds(history.to_pylist()[0], last)
    reasons = {row.get(c.REASON) or "" for row in listed}  # lists of an earlier version have none
    had = {reason.removeprefix(ITEM) for reason in reasons if reason.startswith(ITEM)}
    titles = publication.titles({row[c.ITEM_ID] for row in listed} | had, {index for index, *_ in deeds})
    return UserList(
        user_id=user,
        did=[
            Deed(at, publication.event_types[event_type - 1], *titles[index])
            for index, event_type, at in deeds
        ],
        recommended=[
            Recommendation(
                row[c.RANK], *titles[row[c.ITEM_ID]], row[c.SCORE], _because(row.get(c.REASON), titles)
            )
            for row in listed
        ],
    )


def _because(reason: str | None, titles: dict[str | int, tuple[str, str]]) -> str:
    """Say a reason as a person would read it."""
    if not reason:
        return ""
    if reason.startswith(ITEM):
        return f"because of {titles[reason.removeprefix(ITEM)][1]}"
    return f"because of {reason.removeprefix(CATEGORY)}"


def _rows_of(user: str, files: list[Path]) -> pa.Table:
    """Return the rows of one user; row groups that cannot hold the user are not read."""
    return ds.dataset([str(file) for file in files]).to_table(filter=pc.field(c.USER_ID) == user)


def _last_deeds(history: dict[str, Any], last: int) -> list[tuple[int, int, datetime]]:
    """Return item index, event type and time of the last events, newest first."""
    columns = (history[name] for name in (c.ITEM_INDICES, c.EVENT_TYPES, c.EVENT_ATS))
    events = list(zip(*columns, strict=True))
    return events[::-1][:last]

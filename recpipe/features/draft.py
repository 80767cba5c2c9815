"""A snapshot in the making: what it is made from, how it is split, where its tables go."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recpipe.core import store
from recpipe.core.errors import DataError
from recpipe.core.files import content_id
from recpipe.core.shelf import Draft
from recpipe.core.workspace import Workspace
from recpipe.features.inputs import Inputs, no_events, read_inputs
from recpipe.features.params import FeaturesParams
from recpipe.features.split import Split, find_split

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
"""Goes up when the files of a snapshot, or what their columns mean, change."""


@dataclass(frozen=True)
class SnapshotDraft:
    """A snapshot that is being made or, where `reused`, was made before from equal inputs."""

    workspace: Workspace
    params: FeaturesParams
    inputs: Inputs
    split: Split
    name: str
    draft: Draft | None

    @property
    def reused(self) -> bool:
        """Whether the finished snapshot of this name was there when the draft was opened."""
        return self.draft is None

    @property
    def is_finished(self) -> bool:
        """Whether this is a finished snapshot, found or sealed: verbs that write leave it as it is."""
        sealed = self.draft and not self.draft.folder.exists() and self.workspace.snapshots.has(self.name)
        return self.draft is None or bool(sealed)

    @property
    def folder(self) -> Path:
        """Where the tables lie: a temporary folder, or the finished snapshot.

        Raises DataError if the draft was discarded.
        """
        if self.draft is None or self.is_finished:
            return self.workspace.snapshots.path(self.name)
        if not self.draft.folder.exists():
            raise DataError(
                f"the draft of snapshot {self.name} was discarded", "Begin again with open_draft."
            )
        return self.draft.folder

    def path(self, table: str) -> Path:
        """Return the Parquet file of a table."""
        return self.folder / f"{table}.parquet"

    def discard(self) -> None:
        """Remove what was written; a finished snapshot stays."""
        if self.draft:
            self.draft.discard()

    def figures(self) -> dict[str, Any]:
        """Return name, split and counts, as a stage reports them."""
        counts = {"events": self.inputs.events, "parts": self.split.events}
        return {"snapshot": self.name, "reused": self.reused, "split": self.split.manifest()} | counts


def open_draft(workspace: Workspace, params: FeaturesParams, data: str = "") -> SnapshotDraft:
    """Find out what the snapshot is made from and where its parts begin, and begin it.

    `data` is the id that collect handed on, kept for lineage. Equal inputs, parameters and SQL give
    an equal name: a snapshot of that name is verified and used again, and the verbs that write
    leave it as it is. Raises DataError if there are no events, a part is empty, or the snapshot of
    that name was altered.
    """
    if not workspace.database.exists():
        raise no_events(workspace)
    with store.connect(workspace.database, read_only=True) as database:
        inputs = read_inputs(database, workspace, data)
        split = find_split(database, params)
    name = _name(inputs, split, params)
    if workspace.snapshots.has(name):
        workspace.snapshots.verify(name)
        logger.info("snapshot %s was made from the same data before: used again", name)
        return SnapshotDraft(workspace, params, inputs, split, name, None)
    return SnapshotDraft(workspace, params, inputs, split, name, workspace.snapshots.draft(name))


def refuse_changed(draft: SnapshotDraft, placed: dict[int, int]) -> None:
    """Raise DataError if `placed` (events by part, 1 to 3) is not what the draft was opened on."""
    if list(draft.split.events.values()) != [placed.get(part, 0) for part in (1, 2, 3)]:
        raise DataError(
            f"{draft.workspace.database}: events changed since snapshot {draft.name} was begun",
            "Let collect end first, then run features again.",
        )


def _name(inputs: Inputs, split: Split, params: FeaturesParams) -> str:
    """Name a snapshot by the day of its newest event and by all that decides its bytes."""
    folder = Path(__file__).parent / "sql"
    recipe = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}
    decided_by = content_id(SCHEMA_VERSION, inputs.content, params.model_dump(mode="json"), recipe)
    return f"{split.newest:%Y%m%d}-{decided_by}"

"""A snapshot in the making: what it is made from, how it is split, where its tables go."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recpipe.core import store
from recpipe.core.errors import DataError
from recpipe.core.shelf import Draft
from recpipe.core.workspace import Workspace
from recpipe.features.inputs import Inputs, no_events, read_inputs
from recpipe.features.params import FeaturesParams
from recpipe.features.split import Split, find_split
from recpipe.features.weights import resolve

SCHEMA_VERSION = 3
"""Goes up when the files of a snapshot, or what their columns mean, change."""


@dataclass(frozen=True)
class SnapshotDraft:
    """A snapshot that is being made. Once it is sealed, verbs that write leave it as it is."""

    workspace: Workspace
    params: FeaturesParams
    inputs: Inputs
    split: Split
    draft: Draft
    event_weights: tuple[float, ...]
    """Of each of the inputs' event types, in their order."""

    @property
    def name(self) -> str:
        """Its day while it is being made, then the name it was sealed under."""
        return self.draft.name

    @property
    def is_sealed(self) -> bool:
        """Whether it is finished."""
        return not self.draft.folder.exists() and self.workspace.snapshots.has(self.name)

    @property
    def folder(self) -> Path:
        """Where the tables lie: a temporary folder, or the finished snapshot.

        Raises DataError if the draft was discarded.
        """
        if self.is_sealed:
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
        """Remove what was written; a sealed snapshot stays."""
        self.draft.discard()

    def figures(self) -> dict[str, Any]:
        """Return name, split and counts, as a stage reports them."""
        counts = {"events": self.inputs.events, "parts": self.split.events}
        return {"snapshot": self.name, "split": self.split.manifest()} | counts


def open_draft(workspace: Workspace, params: FeaturesParams, data: str = "") -> SnapshotDraft:
    """Find out what the snapshot is made from and where its parts begin, and begin it.

    `data` is the id that collect handed on, kept for lineage. Raises DataError if there are no
    events, a part is empty, or the event weights do not fit the types of event.
    """
    if not workspace.database.exists():
        raise no_events(workspace)
    with store.connect(workspace.database, read_only=True) as database:
        inputs = read_inputs(database, workspace, data)
        split = find_split(database, params)
    weights = tuple(resolve(params.event_weights, inputs.event_types))
    draft = workspace.snapshots.draft(f"{split.newest:%Y%m%d}")
    return SnapshotDraft(workspace, params, inputs, split, draft, weights)


@contextmanager
def discarded_on_error(draft: SnapshotDraft) -> Iterator[None]:
    """Discard the draft if the block fails: what is half written must not be sealed."""
    try:
        yield
    except BaseException:
        draft.discard()
        raise


def refuse_changed(draft: SnapshotDraft, placed: dict[int, int]) -> None:
    """Raise DataError if `placed` (events by part, 1 to 3) is not what the draft was opened on."""
    if list(draft.split.events.values()) != [placed.get(part, 0) for part in (1, 2, 3)]:
        raise DataError(
            f"{draft.workspace.database}: events changed since snapshot {draft.name} was begun",
            "Let collect end first, then run features again.",
        )

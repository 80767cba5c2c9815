"""The stages: their notebooks, what each reads, and what it hands on."""

from dataclasses import dataclass
from pathlib import Path

from recpipe.core.errors import DataError
from recpipe.core.shelf import Shelf
from recpipe.core.shipped import shipped
from recpipe.core.workspace import Workspace


@dataclass(frozen=True)
class StageRow:
    """One row of `STAGES`.

    `reads` and `writes` name the ids taken and handed on; `wings` are the packages whose code
    decides the result (a change there makes the stage run again).
    """

    name: str
    notebook: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    wings: tuple[str, ...]


STAGES: dict[str, StageRow] = {
    row.name: row
    for row in (
        StageRow("collect", "1_collect.ipynb", (), ("data",), ("collect",)),
        StageRow("features", "2_features.ipynb", ("data",), ("snapshot",), ("features",)),
        StageRow("train", "3_train.ipynb", ("snapshot",), ("model", "popularity"), ("train",)),
        # it may hand on the model that it was given: the id is written anew, whatever it names
        StageRow("rank", "4_rank.ipynb", ("snapshot", "model"), ("model",), ("rank", "train")),
        StageRow(
            "evaluate",
            "5_evaluate.ipynb",
            ("snapshot", "model", "popularity"),
            ("champion", "refitted"),
            ("evaluate", "train", "rank"),
        ),
        StageRow(
            "recommend",
            "6_recommend.ipynb",
            ("snapshot", "champion"),
            ("publication",),
            ("recommend", "train", "rank"),
        ),
    )
}


@dataclass(frozen=True)
class IdPlace:
    """Where the thing that an id names lies, and the pointer to the newest; "" if none names it.

    `decided` pointers are moved by a decision of their stage (promotion, publication); the others
    simply follow the last run.
    """

    shelf: str
    pointer: str
    decided: bool

    def on(self, workspace: Workspace) -> Shelf:
        """Return the shelf in `workspace`."""
        shelf: Shelf = getattr(workspace, self.shelf)
        return shelf


PLACES: dict[str, IdPlace] = {
    "snapshot": IdPlace("snapshots", "newest", decided=False),
    "model": IdPlace("models", "newest", decided=False),
    "popularity": IdPlace("models", "popularity", decided=False),
    "champion": IdPlace("models", "champion", decided=True),
    # what makes the lists: found by the champion and the snapshot, see core/refits.py
    "refitted": IdPlace("models", "", decided=False),
    "publication": IdPlace("publications", "current", decided=True),
}


IDS = ("data", *PLACES)
"""Every id that stages hand on."""

COMMON = ("workspace", "run_folder")
"""Parameters that every stage's notebook takes besides its ids and its own."""


def resolve_id(workspace: Workspace, name: str, given: str) -> str:
    """Return `given`, or where it is empty the newest id of that name.

    The id of the data is "" while a collect has begun and not ended: what the tables then hold is
    not known. Raises DataError if there is nothing yet.
    """
    if name in PLACES:
        place = PLACES[name]
        return place.on(workspace).resolve(given, place.pointer)
    if given:
        return given
    settings = workspace.read_settings()
    if not workspace.database.exists():
        raise DataError(
            f"{workspace.root}: nothing has been collected here yet", "Run `recpipe stage collect`."
        )
    return "" if settings.get("collecting") else str(settings.get("data", ""))


def notebooks_folder(given: str = "") -> Path:
    """Return the folder of the notebooks: `given`, or where it is empty the shipped ones."""
    return Path(given).expanduser().absolute() if given else shipped("notebooks")


def notebook_of(stage: str, folder: str = "") -> Path:
    """Return the notebook of `stage`: that in `folder` if there is one, else the shipped one."""
    own = notebooks_folder(folder) / STAGES[stage].notebook
    return own if own.is_file() else shipped("notebooks") / own.name

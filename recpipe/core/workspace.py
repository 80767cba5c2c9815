"""Where things lie on disk: one folder holds everything a pipeline makes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from recpipe.core.errors import BusyError, ParameterError
from recpipe.core.files import read_json, sweep, write_json
from recpipe.core.orphans import end_orphans
from recpipe.core.shelf import Shelf

SETTINGS = "settings.json"
LOCK = ".lock"


class Workspace:
    """A workspace folder: the database, the three shelves and the runs.

    | attribute | what lies there |
    |---|---|
    | `database` | `recpipe.duckdb`: events and their bookkeeping |
    | `snapshots` | the shelf `features/` |
    | `models` | the shelf `models/` |
    | `publications` | the shelf `recommendations/` |
    | `runs` | executed notebooks, parameters, logs and reports, one folder a run |
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.database = root / "recpipe.duckdb"
        self.runs = root / "runs"
        self.snapshots = Shelf(root / "features", "snapshot")
        self.models = Shelf(root / "models", "model version")
        self.publications = Shelf(root / "recommendations", "publication")

    @classmethod
    def open(cls, path: str | Path = "") -> "Workspace":
        """Open the workspace at `path`, made if it is new.

        An empty path means `RECPIPE_WORKSPACE`, else `./workspace`. Raises ParameterError if no
        folder can be made there.
        """
        workspace = cls(locate(path))
        shelves = (workspace.snapshots, workspace.models, workspace.publications)
        for folder in (workspace.runs, *(shelf.root for shelf in shelves)):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except (NotADirectoryError, FileExistsError, PermissionError) as error:
                raise ParameterError(
                    f"--workspace {workspace.root}: no folder can be made there ({error.strerror})",
                    "Name a folder that you may write to.",
                ) from None
        return workspace

    def new_run(self) -> Path:
        """Make the folder of a new run, named by its start (UTC)."""
        run = self.runs / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:4]}"
        run.mkdir(parents=True)
        return run

    def read_settings(self) -> dict[str, Any]:
        """Return what this workspace remembers, e.g. its source; empty when it is new."""
        path = self.root / SETTINGS
        settings: dict[str, Any] = read_json(path) if path.exists() else {}
        return settings

    def write_settings(self, settings: dict[str, Any]) -> None:
        """Remember `settings`, atomically."""
        write_json(self.root / SETTINGS, settings)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the workspace for one run; the lock ends with the process that holds it.

        What interrupted runs left is removed here: kernels at work for nobody, then unfinished files. Raises BusyError naming the holder.
        """
        with (self.root / LOCK).open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise BusyError(
                    f"{self.root}: another run is at work here (process {file.read().strip() or 'unknown'})",
                    "Wait until it has ended, or use another --workspace.",
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            end_orphans(self.root)
            sweep(self.root)
            yield


def locate(path: str | Path = "") -> Path:
    """Return the absolute root of the workspace that `path` means, without touching the disk."""
    return Path(path or os.environ.get("RECPIPE_WORKSPACE") or "workspace").expanduser().absolute()

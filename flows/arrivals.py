"""New data, told to Prefect: by `recpipe notify`, or by watching the folder that they fall into."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from prefect.client.orchestration import get_client
from prefect.events import Event

from flows.automations import ARRIVED, workspace_resource
from recpipe.core.errors import UnreachableError
from recpipe.core.files import read_json, write_json
from recpipe.core.workspace import Workspace

logger = logging.getLogger("recpipe.watch")

LOOK_SECONDS = 5.0
STABLE_LOOKS = 2
"""A file counts as whole when it is the same in so many looks after the one that found it."""

SEEN = ".watched.json"

Look = dict[str, tuple[int, int]]
"""Size and time of change (ns) of each file below the folder."""


def announce(workspace: Workspace, folder: str = "") -> None:
    """Tell the server at PREFECT_API_URL that `workspace` has new data, from `folder`.

    Raises UnreachableError if it does not take the word.
    """
    event = Event(
        event=ARRIVED,
        resource={
            "prefect.resource.id": workspace_resource(workspace),
            "prefect.resource.name": workspace.root.name,
        },
        payload={"folder": folder},
    )
    try:
        with get_client(sync_client=True) as client:
            client.request("POST", "/events", json=[event.model_dump(mode="json")])
    except httpx.HTTPError as error:
        raise UnreachableError(
            f"{os.environ.get('PREFECT_API_URL', '')}: the word was not taken ({error})",
            "Is `recpipe up` running?",
        ) from error


def watch(workspace: Workspace, folder: Path) -> None:
    """Look at `folder` every few seconds, in a thread, and announce what is new in it once it is whole."""
    threading.Thread(target=Watcher(workspace, folder).run, daemon=True).start()


class Watcher:
    """Remembers in the workspace what was announced, so that what arrives while nobody looks is found later.

    The first look at a folder only remembers.
    """

    def __init__(
        self, workspace: Workspace, folder: Path, tell: Callable[[Workspace, str], None] = announce
    ) -> None:
        self.workspace, self.folder, self.tell = workspace, folder, tell
        self.looked: Look | None = None
        self.same = 0

    def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                self.look()
            except (UnreachableError, OSError) as error:
                logger.warning("%s: %s; trying again", self.folder, error)
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Look once. Raises UnreachableError if there is news and nobody to tell."""
        found = files_in(self.folder)
        self.same = self.same + 1 if found == self.looked else 0
        self.looked = found
        seen = self._seen()
        if seen is None:
            self._remember(found)
        elif self.same >= STABLE_LOOKS and found != seen:
            if set(found.items()) - set(seen.items()):
                self.tell(self.workspace, str(self.folder))
            self._remember(found)

    def _seen(self) -> Look | None:
        path = self.workspace.root / SEEN
        kept = read_json(path) if path.is_file() else {}
        if kept.get("folder") != str(self.folder):
            return None
        return {name: (size, changed) for name, (size, changed) in kept["files"].items()}

    def _remember(self, found: Look) -> None:
        write_json(self.workspace.root / SEEN, {"folder": str(self.folder), "files": found})


def files_in(folder: Path) -> Look:
    """Return the files below `folder`; those whose name says that they are unfinished do not count."""
    found: Look = {}
    for path in folder.rglob("*"):
        if path.name.startswith((".", "_")) or not path.is_file():
            continue
        facts = path.stat()
        found[str(path.relative_to(folder))] = (facts.st_size, facts.st_mtime_ns)
    return found

"""A shelf of immutable folders with manifests, and the pointers to them.

A folder is written under a temporary name, synced, then renamed: it exists whole or not at all and
never changes after. A pointer is one small file swapped by `os.replace`; it moves last.
"""

import shutil
from collections.abc import Collection
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from recpipe.core.errors import DataError
from recpipe.core.files import (
    TEMPORARY,
    content_id,
    file_hash,
    read_json,
    sync_folder,
    sync_tree,
    temporary,
    write_json,
)

MANIFEST = "manifest.json"
POINTERS = "pointers"


class Draft:
    """A folder in the making. Write into `folder`, then `seal` it, or `discard` it."""

    def __init__(self, shelf: "Shelf", name: str) -> None:
        self.shelf = shelf
        self.name = name
        self.folder = temporary(shelf.root, name)
        self.folder.mkdir(parents=True)

    def seal(self, manifest: dict[str, Any]) -> str:
        """Hash what was written, add the manifest, make it durable, give it its name.

        The manifest gets `name`, `files` (path to SHA-256), `created_at` (UTC) and the code version.
        Names are content ids: a whole folder of that name is kept, a damaged one replaced.
        """
        files = {name: file_hash(self.folder / name) for name in self._files()}
        created_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        made = {
            "name": self.name,
            "files": files,
            "created_at": created_at,
            "recpipe_version": version("recpipe"),
        }
        write_json(self.folder / MANIFEST, manifest | made)
        sync_tree(self.folder)
        if self.shelf.is_whole(self.name):
            self.discard()
        else:
            self.shelf.remove(self.name)
            self.folder.rename(self.shelf.root / self.name)
            sync_folder(self.shelf.root)
        return self.name

    def content_id(self, *parts: Any) -> str:
        """Name what was written so far by its bytes, and by `parts`."""
        return content_id([(name, file_hash(self.folder / name)) for name in self._files()], *parts)

    def _files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def discard(self) -> None:
        """Remove what was written."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Shelf:
    """All folders of one kind (`kind` names it in messages) below `root`."""

    def __init__(self, root: Path, kind: str) -> None:
        self.root = root
        self.kind = kind

    def draft(self, name: str) -> Draft:
        """Begin a folder that will be called `name`."""
        return Draft(self, name)

    def has(self, name: str) -> bool:
        """Tell whether a finished folder of that name is here."""
        return bool(name) and (self.root / name / MANIFEST).is_file()

    def path(self, name: str) -> Path:
        """Return a finished folder. Raises DataError if there is none of that name."""
        if not self.has(name):
            known = ", ".join(self.names()[:5]) or "none"
            raise DataError(f"{self.root}: there is no {self.kind} {name!r}", f"Choose one of: {known}.")
        return self.root / name

    def manifest(self, name: str) -> dict[str, Any]:
        """Read the manifest of `name`."""
        manifest: dict[str, Any] = read_json(self.path(name) / MANIFEST)
        return manifest

    def names(self) -> list[str]:
        """Return the finished folders, newest first (equal times: by name)."""
        found = [path.parent.name for path in self.root.glob(f"*/{MANIFEST}") if not _unfinished(path.parent)]
        return sorted(found, key=lambda name: (self.manifest(name)["created_at"], name), reverse=True)

    def verify(self, name: str) -> Path:
        """Return the folder if every file has the hash that its manifest names.

        Raises DataError naming the first file that is missing or was altered.
        """
        folder = self.path(name)
        for file, expected in self.manifest(name)["files"].items():
            if not (folder / file).is_file():
                raise DataError(f"{folder / file}: missing from {self.kind} {name}", _REMAKE)
            if file_hash(folder / file) != expected:
                raise DataError(f"{folder / file}: altered since {self.kind} {name} was made", _REMAKE)
        return folder

    def is_whole(self, name: str) -> bool:
        """Tell whether a finished folder of that name is here, every file as its manifest says."""
        try:
            self.verify(name)
        except DataError:
            return False
        return True

    def resolve(self, name: str, pointer: str) -> str:
        """Return `name`, or where it is empty what `pointer` names. Raises DataError if nothing is."""
        chosen = name or self.pointed(pointer)
        if not chosen:
            raise DataError(
                f"{self.root}: there is no {pointer} {self.kind} yet", "Run the stages before this one."
            )
        self.path(chosen)
        return chosen

    def point(self, pointer: str, name: str) -> None:
        """Let `pointer` name the finished folder `name`; readers see the old or the new."""
        self.path(name)
        (self.root / POINTERS).mkdir(exist_ok=True)
        write_json(self.root / POINTERS / f"{pointer}.json", {"name": name})

    def pointed(self, pointer: str) -> str:
        """Return the name that `pointer` names, or "" if it was never set."""
        path = self.root / POINTERS / f"{pointer}.json"
        return str(read_json(path)["name"]) if path.exists() else ""

    def remove(self, name: str) -> None:
        """Remove a folder, if it is here; whoever names it is then refused."""
        if (self.root / name).exists():
            # renamed first, so that no reader finds half a folder under a good name
            doomed = temporary(self.root, name)
            (self.root / name).rename(doomed)
            shutil.rmtree(doomed)

    def prune(self, keep: Collection[str]) -> list[str]:
        """Remove every finished folder not in `keep` nor named by a pointer; return their names."""
        pointers = {str(read_json(path)["name"]) for path in (self.root / POINTERS).glob("*.json")}
        removed = [name for name in self.names() if name not in pointers and name not in keep]
        for name in removed:
            self.remove(name)
        return removed


_REMAKE = "Delete the folder and run the stage that made it again."


def _unfinished(folder: Path) -> bool:
    return folder.name.startswith(TEMPORARY)

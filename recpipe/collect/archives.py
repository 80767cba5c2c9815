"""Zip archives: the wanted files of one, unpacked whole or not at all."""

import shutil
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from recpipe.core.errors import DataError
from recpipe.core.files import sync_tree, temporary


def unpack(archive: Path, wanted: Iterable[str], folder: Path, notes: Mapping[str, str]) -> None:
    """Unpack the members called `wanted` into the new `folder`, under their last names.

    `notes` are small files that are written beside them: name -> text.

    Raises DataError, and leaves no folder, if one is missing, if the archive is damaged, or if a member of
    it, wanted or not, has a path that leads out of the folder: who made that meant no good.
    """
    unfinished = temporary(folder.parent, folder.name)
    try:
        with zipfile.ZipFile(archive) as opened:
            _refuse_climbers(archive, opened)
            unfinished.mkdir(parents=True)
            for name in wanted:
                with opened.open(name) as member, (unfinished / PurePosixPath(name).name).open("wb") as file:
                    shutil.copyfileobj(member, file)
        for name, text in notes.items():
            (unfinished / name).write_text(text, encoding="utf-8")
        sync_tree(unfinished)
        unfinished.replace(folder)
    except KeyError as error:
        raise DataError(f"{archive}: {error.args[0]}", "Delete it, then run again.") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise DataError(f"{archive}: damaged ({error})", "Delete it, then run again.") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _refuse_climbers(archive: Path, opened: zipfile.ZipFile) -> None:
    for name in opened.namelist():
        parts = PurePosixPath(name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]:
            raise DataError(
                f"{archive}: its member {name!r} would be written outside of its folder",
                "Do not trust it: delete it, and see where it came from.",
            )

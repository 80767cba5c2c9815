"""From what a user writes (paths, folders, globs, addresses, several by comma) to the files it means."""

from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path, PurePosixPath

from recpipe.collect.layout import COMPRESSIONS, FORMATS
from recpipe.collect.places import Place, file_system_of, is_remote, reaching
from recpipe.core.errors import DataError


def expand(option: str, patterns: str) -> list[Place]:
    """Return the files that `patterns` name, sorted within each pattern, each once.

    A folder means all files in and below it that have an ending we read; names that begin with a dot or
    an underscore are unfinished or not data, and left out. `option` is the parameter the patterns came
    from, for messages. Raises DataError for a pattern that names no file.

    >>> expand("collect.items", "")
    []
    """
    if Path(patterns).is_file():  # a comma may be part of a name
        return [Place(patterns)]
    one_by_one = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
    return list(dict.fromkeys(place for pattern in one_by_one for place in _expand_one(option, pattern)))


def _expand_one(option: str, pattern: str) -> list[Place]:
    found = _expand_remote(pattern) if is_remote(pattern) else _expand_local(Path(pattern).expanduser())
    if found is None:
        raise DataError(f"{pattern}: no such file", f"Correct --{option}.")
    if not found:
        kinds = ", ".join(FORMATS)
        raise DataError(
            f"{pattern}: no file matches", f"Correct --{option}; files of a folder end in {kinds}."
        )
    return [Place(address) for address in found]


def _expand_local(path: Path) -> list[str] | None:
    """Return the files in order, or None where a single one is not there."""
    if path.is_file():
        return [str(path)]
    if path.is_dir():
        return _data_files(str(path), (str(file) for file in path.rglob("*") if file.is_file()))
    if not has_magic(str(path)):
        return None
    return sorted(match for match in glob(str(path), recursive=True) if Path(match).is_file())  # noqa: PTH207


def _expand_remote(pattern: str) -> list[str]:
    file_system, path = file_system_of(pattern)
    is_web = pattern.startswith(("http://", "https://"))  # has no folders, and "?" begins its query
    with reaching(pattern):
        if not is_web and has_magic(path):
            found = sorted(file_system.glob(path))
        elif not is_web and file_system.isdir(path):
            found = _data_files(path, file_system.find(path))
        else:
            file_system.info(path)  # raises where it is not there
            return [pattern]
    return [str(file_system.unstrip_protocol(file)) for file in found]


def _data_files(folder: str, files: Iterable[str]) -> list[str]:
    return sorted(file for file in files if _is_data(PurePosixPath(file).relative_to(folder)))


def _is_data(path: PurePosixPath) -> bool:
    endings = [ending.lower() for ending in path.suffixes if ending.lower() not in COMPRESSIONS]
    return bool(endings) and endings[-1] in FORMATS and not any(part[0] in "._" for part in path.parts)

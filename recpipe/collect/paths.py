"""From what a user writes (paths, globs, several by comma) to the files it means."""

from glob import glob, has_magic
from pathlib import Path

from recpipe.core.errors import DataError


def expand(option: str, patterns: str) -> list[Path]:
    """Return the files that `patterns` name, sorted within each pattern, each once.

    `option` is the parameter they came from, for messages. Raises DataError for a pattern that names
    no file.

    >>> expand("collect.items", "")
    []
    """
    if Path(patterns).is_file():  # a comma may be part of a name
        return [Path(patterns)]
    one_by_one = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
    return list(dict.fromkeys(path for pattern in one_by_one for path in _expand_one(option, pattern)))


def _expand_one(option: str, pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    if path.is_file():
        return [path]
    if path.is_dir():
        raise DataError(f"{path}: a folder, not a file", f"Name its files: --{option} '{path}/*.parquet'.")
    if not has_magic(pattern):
        raise DataError(f"{path}: no such file", f"Correct --{option}.")
    files = [Path(match) for match in sorted(glob(str(path), recursive=True)) if Path(match).is_file()]  # noqa: PTH207
    if not files:
        raise DataError(f"{path}: no file matches", f"Correct the pattern in --{option}.")
    return files

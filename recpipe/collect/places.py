"""Files wherever they lie: a local path, or an address that fsspec knows (s3://, gs://, az://, https://)."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from recpipe.core.errors import DataError, ParameterError, UnreachableError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

EXTRAS = {
    "s3": "s3",
    "gs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "http": "http",
    "https": "http",
}
"""Scheme of an address -> the extra of recpipe that brings its driver."""

_DRIVERS = {"aiohttp", "aiobotocore", "botocore", "s3fs", "gcsfs", "google", "azure", "adlfs"}
_SIGNS_OF_CHANGE = (
    "ETag",
    "md5Hash",
    "content_md5",
    "generation",
    "LastModified",
    "last_modified",
    "created",
)


@dataclass(frozen=True)
class Place:
    """One file, by its address. The right to read a remote one is what its driver finds on this machine."""

    address: str

    def __str__(self) -> str:
        return self.address

    @property
    def suffixes(self) -> list[str]:
        """The endings of the name in small letters, without the query of a web address."""
        name = urlsplit(self.address).path if is_remote(self.address) else self.address
        return [suffix.lower() for suffix in PurePosixPath(name).suffixes]

    def open(self) -> BinaryIO:
        """Open the file for reading. Raises OSError where it cannot be."""
        if not is_remote(self.address):
            return Path(self.address).open("rb")
        file_system, path = file_system_of(self.address)
        return cast(BinaryIO, file_system.open(path, "rb"))

    def fingerprint(self) -> list[Any]:
        """Return the address, the size and what tells a change: what `Source.fingerprint` lists of a file.

        For a local file that is the time of its last change (nanoseconds), for a remote one whatever its
        file system has: a checksum, a version, a time. Raises DataError or UnreachableError if it is gone.
        """
        if not is_remote(self.address):
            status = Path(self.address).stat()
            return [self.address, status.st_size, status.st_mtime_ns]
        file_system, path = file_system_of(self.address)
        with reaching(self.address):
            told = file_system.info(path)
        signs = " ".join(str(told[name]) for name in _SIGNS_OF_CHANGE if told.get(name) is not None)
        return [self.address, told.get("size"), signs]

    def content_hash(self) -> str:
        """Return the SHA-256 of the file's bytes, in hexadecimal."""
        with reaching(self.address), self.open() as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def is_remote(address: str) -> bool:
    """Tell an address with a scheme from a local path.

    >>> is_remote("s3://bucket/events.parquet"), is_remote("/shop/events.parquet")
    (True, False)
    """
    return "://" in address


def file_system_of(address: str) -> "tuple[AbstractFileSystem, str]":
    """Return fsspec's file system of a remote address, and the path there.

    Raises ParameterError for a scheme that nobody knows, or whose driver is not installed.
    """
    from fsspec.core import url_to_fs

    scheme = address.partition("://")[0]
    try:
        file_system, path = url_to_fs(address)
    except ImportError as error:
        extra = EXTRAS.get(scheme)
        raise ParameterError(
            f"{address}: the driver of {scheme}:// is not installed ({str(error).splitlines()[0]})",
            f"pip install 'recpipe[{extra}]'" if extra else "Install it beside recpipe.",
        ) from None
    except ValueError as error:
        raise ParameterError(
            f"{address}: {scheme}:// is no file system ({error})",
            f"Use a path, or one of {', '.join(f'{name}://' for name in EXTRAS)}.",
        ) from None
    if scheme in ("http", "https"):
        file_system.modified = _unknown_time
    return file_system, path


def _unknown_time(_path: str) -> datetime:
    """Answer DuckDB, which asks when a file was changed; fsspec's web files do not know that question."""
    return datetime.fromtimestamp(0, UTC)


@contextmanager
def reaching(address: str) -> Iterator[None]:
    """Say it in our words where the block cannot have a remote file; a local file's errors pass.

    Raises DataError for a file that is not there or may not be read, UnreachableError where nobody answers:
    that is worth another try.
    """
    try:
        yield
    except Exception as error:
        is_drivers = isinstance(error, OSError) or type(error).__module__.partition(".")[0] in _DRIVERS
        if not is_remote(address) or not is_drivers:
            raise
        if isinstance(error, FileNotFoundError) and not _is_of_the_line(error.__cause__):
            raise DataError(f"{address}: no such file", "Correct the address.") from None
        if isinstance(error, PermissionError):
            raise DataError(
                f"{address}: may not be read ({error})", "Give this machine the right to read it."
            ) from error
        raise cut_off(address, str(error) or type(error).__name__) from error


def _is_of_the_line(error: BaseException | None) -> bool:
    """Whether this is why a file was not found: over the web, fsspec says so of a broken line, too."""
    return isinstance(error, OSError) or getattr(error, "status", 0) >= 500


def cut_off(address: str, reason: str) -> UnreachableError:
    """Return what to raise where somebody far away does not answer, or no longer."""
    return UnreachableError(
        f"{address}: cannot be reached ({reason})", "Try again; nothing of it was taken in."
    )

"""Files fetched from their publisher: gone on with where a line broke, and held against a checksum."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from recpipe.core.errors import DataError, UnreachableError
from recpipe.core.progress import track

if TYPE_CHECKING:
    from requests import Response

ATTEMPTS = 3
"""How often a line may break before a download is given up; what came so far is kept for the next run."""

TIMEOUT_SECONDS = 30.0
_CHUNK_BYTES = 1 << 18
_MD5 = re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE)


def size_of(address: str) -> int:
    """Return the size in bytes of the file at `address`. Raises DataError or UnreachableError."""
    import requests

    with _answering(address):
        answer = requests.head(address, timeout=TIMEOUT_SECONDS, allow_redirects=True)
        answer.raise_for_status()
    return int(answer.headers.get("Content-Length", 0))


def download(address: str, target: Path) -> str:
    """Fetch the file at `address` to `target` and return its MD5, which `address`.md5 publishes.

    What a broken download left beside it is gone on with. Raises UnreachableError where nobody answers or
    the line breaks again and again (what came is kept), DataError where the checksum differs (it is not).
    """
    published = _published_md5(address)
    part = target.parent / f"{target.name}.part"
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _continue(address, part)
            break
        except UnreachableError:
            if attempt == ATTEMPTS:
                raise
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != published:
        part.unlink()
        raise DataError(
            f"{address}: the checksum differs (MD5 {found}, published {published}); it was thrown away",
            "Run again. If it differs again, the publisher or somebody on the way changes it.",
        )
    part.replace(target)
    return found


def _continue(address: str, part: Path) -> None:
    import requests

    begun = part.stat().st_size if part.exists() else 0
    with _answering(address):
        with requests.get(
            address,
            headers={"Range": f"bytes={begun}-", "Accept-Encoding": "identity"} if begun else {},
            stream=True,
            timeout=TIMEOUT_SECONDS,
        ) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                return  # nothing is left to fetch; the checksum tells whether it is whole
            answer.raise_for_status()
            if answer.status_code != requests.codes.partial_content:
                begun = 0  # the publisher sends all of it again
            _append(address, answer, part, begun)


def _append(address: str, answer: "Response", part: Path, begun: int) -> None:
    total = begun + int(answer.headers.get("Content-Length", 0))
    advance = track(f"download of {address.rpartition('/')[2]}", total, "bytes")
    advance(begun)
    with part.open("ab" if begun else "wb") as file:
        for chunk in answer.iter_content(_CHUNK_BYTES):
            file.write(chunk)
            advance(len(chunk))
    if part.stat().st_size < total:
        raise UnreachableError(*_cut_off(address, f"{part.stat().st_size:,} of {total:,} bytes came"))


def _published_md5(address: str) -> str:
    import requests

    with _answering(f"{address}.md5"):
        answer = requests.get(f"{address}.md5", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    match = _MD5.search(answer.text)
    if match is None:
        raise DataError(f"{address}.md5: no checksum in it ({answer.text[:60]!r})", "Try again later.")
    return match[0].lower()


@contextmanager
def _answering(address: str) -> Iterator[None]:
    """Say in our words what `requests` raises in the block."""
    import requests

    try:
        yield
    except requests.HTTPError as error:
        code = error.response.status_code if error.response is not None else 500
        if code < 500:
            raise DataError(f"{address}: not to be had ({code})", "See whether it has moved.") from None
        raise UnreachableError(*_cut_off(address, str(code))) from error
    except requests.RequestException as error:
        raise UnreachableError(*_cut_off(address, type(error).__name__)) from error


def _cut_off(address: str, reason: str) -> tuple[str, str]:
    return f"{address}: cannot be reached ({reason})", "Run again; it goes on where it stopped."

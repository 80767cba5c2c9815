"""The character encoding of a text file, declared or told from its first bytes."""

import codecs

from recpipe.collect.places import Place
from recpipe.core.errors import DataError


def decode(place: Place, head: bytes, encoding: str, *, is_whole: bool) -> tuple[str, str]:
    """Return the text of a file's first bytes, and its encoding: the declared one, or with "auto" a guess.

    Unless `is_whole`, the last line may be cut. Raises DataError if auto finds no encoding.
    """
    if encoding == "auto":
        encoding = _detect(place, head, is_whole)
    text = head.decode({"utf-8": "utf-8-sig"}.get(encoding, encoding), errors="replace")
    return text.lstrip("\ufeff"), encoding


def _detect(place: Place, head: bytes, is_whole: bool) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    lines = head.split(b"\n")[: None if is_whole else -1]
    telling = [line for line in lines if not line.isascii()]
    broken = [line for line in telling if not _is_utf8(line)]
    if len(broken) * 2 <= len(telling):
        return "utf-8"  # a few broken lines are bad rows, not another encoding
    # Latin-1 has no characters here; Windows-1252 and the encodings of Asia have
    if any(0x80 <= byte <= 0x9F for line in broken for byte in line):
        raise DataError(
            f"{place}: neither UTF-8 nor Latin-1 (see the line {broken[0][:60]!r})",
            "Convert it, e.g. iconv -f windows-1252 -t utf-8, or declare --collect.encoding.",
        )
    return "latin-1"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

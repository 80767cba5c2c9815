"""How timestamps are written: declared, or told from the first values of a file."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from recpipe.core.errors import DataError, ParameterError

NATIVE = "native"
"""The file itself knows that the column is a time (Parquet)."""

UNITS = {"epoch-s": 1, "epoch-ms": 10**3, "epoch-us": 10**6, "epoch-ns": 10**9}
FORMATS = ("iso", *UNITS)

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+]?\d+)?")
_ISO = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}.*)?|\d{8}T\d{2}.*")
_DIGITS_OF_A_DATE = {8: "%Y%m%d", 14: "%Y%m%d%H%M%S"}
_LATEST_SECOND = 10**11
"""Seconds since 1970 stay below this until the year 5138; a larger number has a smaller unit."""


def check_format(declared: str) -> None:
    """Raise ParameterError unless `declared` is auto, one of `FORMATS` or a strptime pattern."""
    if declared == "auto" or declared in FORMATS:
        return
    try:
        readable = "%" in declared and datetime.now(UTC).strftime(declared) != declared
        datetime.strptime(datetime.now(UTC).strftime(declared), declared)
    except ValueError:
        readable = False
    if not readable:
        raise ParameterError(
            f"collect.timestamp_format: {declared!r} is no format of times",
            f"Use auto, {', '.join(FORMATS)}, or a pattern such as %d.%m.%Y %H:%M.",
        )


def detect_format(declared: str, sample: Sequence[object], where: str) -> str:
    """Return the format of the values in `sample`: `declared`, or told from them by majority.

    A sample without values gives "iso". Raises DataError where no format fits.

    >>> detect_format("auto", ["1500000000", "1500000001"], "events.csv")
    'epoch-s'
    >>> detect_format("auto", ["2024-03-01T12:00:00Z", "yesterday", "2024-03-02"], "events.csv")
    'iso'
    """
    if declared != "auto":
        return declared
    texts = [str(value).strip() for value in sample if value is not None and str(value).strip()]
    numbers = [text for text in texts if _NUMBER.fullmatch(text)]
    dates = [text for text in texts if _ISO.fullmatch(text)]
    if numbers and len(numbers) >= len(dates):
        return _date_in_digits(numbers) or _epoch_unit(numbers)
    if texts and not dates:
        raise DataError(
            f"{where}: timestamps such as {texts[0][:40]!r} are neither ISO 8601 nor seconds since 1970",
            "Declare them: --collect.timestamp_format '%d.%m.%Y %H:%M' (or epoch-s, epoch-ms, …).",
        )
    return "iso"


def _epoch_unit(numbers: Sequence[str]) -> str:
    size = median(abs(float(number)) for number in numbers)
    return next((name for name, units in UNITS.items() if size < _LATEST_SECOND * units), "epoch-ns")


def _date_in_digits(numbers: Sequence[str]) -> str:
    """Return the pattern when all numbers are calendar dates such as 20240301, else ""."""
    pattern = _DIGITS_OF_A_DATE.get(len(numbers[0]), "")
    return pattern if pattern and all(_is_date(number, pattern) for number in numbers) else ""


def _is_date(number: str, pattern: str) -> bool:
    try:
        return 1900 <= datetime.strptime(number, pattern).year <= 2100
    except ValueError:
        return False

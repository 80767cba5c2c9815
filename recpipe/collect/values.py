"""Values out of Python, such as a database's driver gives them, as text and as JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any


def as_text(value: Any) -> str | None:
    """Return the text of one value; a time with a zone is moved to UTC, a whole float loses its point.

    >>> as_text(12.0), as_text(None), as_text(datetime(2024, 3, 1, 12))
    ('12', None, '2024-03-01 12:00:00')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", errors="backslashreplace")
    return str(value)


def as_json(row: Mapping[str, Any]) -> str:
    """Return one row as a JSON object: numbers stay numbers, lists lists; NaN and infinities are null.

    >>> as_json({"price": Decimal("9.50"), "tags": ["a"], "share": float("nan")})
    '{"price": 9.5, "tags": ["a"], "share": null}'
    """
    return json.dumps(
        {name: _plain(value) for name, value in row.items()}, default=as_text, ensure_ascii=False
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if not isinstance(value, date) else as_text(value)

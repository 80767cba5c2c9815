"""How figures are written in a report."""

from collections.abc import Iterator, Mapping
from typing import Any


def told(value: Any) -> str:
    """Write a figure: thousands apart, four places behind the point.

    >>> told(1469307), told(0.05217), told("time"), told(True)
    ('1,469,307', '0.0522', 'time', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def with_bounds(interval: Mapping[str, Any]) -> str:
    """Write an estimate with its interval, without one where nothing is known of it.

    >>> with_bounds({"estimate": 0.0565, "low": 0.0525, "high": 0.0604})
    '0.0565 [0.0525, 0.0604]'
    >>> with_bounds({"estimate": 0.5, "low": None, "high": None})
    '0.5000'
    """
    if interval["low"] is None or interval["high"] is None:
        return told(interval["estimate"])
    return f"{interval['estimate']:.4f} [{interval['low']:.4f}, {interval['high']:.4f}]"


def flat(figures: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield figures by their dotted names; lists are samples, and left out.

    >>> list(flat({"a": {"b": 1}, "c": [2]}))
    [('a.b', 1)]
    """
    for key, value in figures.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            yield f"{prefix}{key}", value

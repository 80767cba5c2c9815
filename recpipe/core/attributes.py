"""Attributes of items or users, JSON objects, as names that several of them may share."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Values = dict[str, dict[int, Any]]
"""Attribute -> item from 1 -> value."""


def by_attribute(documents: Sequence[str | None]) -> Values:
    """Read the attributes of items 1..n; what is null or empty is left out."""
    values: Values = {}
    for item, document in enumerate(documents, start=1):
        for name, value in json.loads(document or "{}").items():
            if value is not None and value != "":
                values.setdefault(name, {})[item] = value
    return values


def named_values(values: Values) -> tuple[np.ndarray, list[str]]:
    """Features `name=value`, by item and then by name: the item of each, and what it is called.

    Each entry of a list is one.

    >>> named_values(by_attribute(['{"maker": "A", "tags": ["x", "y"]}', '{"maker": "B"}']))[1]
    ['maker=A', 'tags=x', 'tags=y', 'maker=B']
    """
    found = sorted(_each(values), key=lambda each: each[0])
    return np.array([row for row, _ in found], dtype=np.int64), [feature for _, feature in found]


def _each(values: Values) -> Iterator[tuple[int, str]]:
    for name in sorted(values):
        for row, value in values[name].items():
            for one in value if isinstance(value, list) else [value]:
                text = one if isinstance(one, str) else json.dumps(one, sort_keys=True)
                yield row, f"{name}={text}"

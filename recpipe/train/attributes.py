"""Attributes of items: JSON objects become named features and standardised numbers."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recpipe.train.bags import Bag, numbered

MOST_ATTRIBUTES = 16
MOST_NUMBERS = 32
FARTHEST = 5.0
"""Standard deviations beyond which a number counts as just so far: one typing error must not rule."""

HEAVY_TAIL = 1.5
"""Positive numbers whose mean is so many times their median are told by their logarithm."""

Values = dict[str, dict[int, Any]]
"""Attribute -> item from 1 -> value."""


def read_attributes(documents: Sequence[str | None]) -> tuple[Bag, np.ndarray]:
    """Attributes of items 1..n: a bag of categorical ones and (n + 1, 2 m) float32 of numeric ones.

    A categorical attribute is a feature `name=value`; each entry of a list is one. An attribute is numeric if
    all its values read as numbers and differ, and it is not called an id or a code, see `is_numeric`. Of
    each there are two columns: the number, standardised, 0 where it is missing; and 1 where it is missing.
    """
    values = _by_name(documents)
    numeric = sorted(name for name in values if is_numeric(name, values[name]))[:MOST_NUMBERS]
    columns = [_standardised(values.pop(name), len(documents)) for name in numeric]
    numbers = np.concatenate([np.zeros((len(documents) + 1, 0), dtype=np.float32), *columns], axis=1)
    return _categorical(values, len(documents)), numbers


def is_numeric(name: str, values: Mapping[int, Any]) -> bool:
    """Whether an attribute tells an amount.

    A number may be text, since CSV knows no other. Zip codes and ids of manufacturers are digits too:
    names that end in `id` or `code` as a word, and digits with leading zeros, are names.

    >>> is_numeric("price", {1: 2.5, 2: "10"})
    True
    >>> is_numeric("maker_id", {1: 4, 2: 5}) or is_numeric("branch", {1: "007", 2: "008"})
    False
    """
    if name.lower().replace("-", "_").replace(" ", "_").split("_")[-1] in ("id", "code") or name.endswith(
        "Id"
    ):
        return False
    numbers = {_number(value) for value in values.values()}
    return None not in numbers and len(numbers) > 1


def _by_name(documents: Sequence[str | None]) -> Values:
    values: Values = {}
    for item, document in enumerate(documents, start=1):
        for name, value in json.loads(document or "{}").items():
            if value is not None and value != "":
                values.setdefault(name, {})[item] = value
    return values


def _number(value: Any) -> float | None:
    """The finite number that a value is or spells, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value).strip().lstrip("+-")
    if len(text) > 1 and text[0] == "0" and text[1] != ".":
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _standardised(values: Mapping[int, Any], item_count: int) -> np.ndarray:
    """(items + 1, 2) float32: the number, mean 0 and deviation 1 over those that have it; is it missing."""
    items = np.fromiter(values, dtype=np.int64)
    numbers = np.array([_number(value) for value in values.values()], dtype=np.float64)
    if numbers.min() > 0 and numbers.mean() > HEAVY_TAIL * np.median(numbers):
        numbers = np.log(numbers)
    columns = np.zeros((item_count + 1, 2), dtype=np.float32)
    columns[:, 1] = 1
    deviation = numbers.std() or 1.0
    columns[items, 0] = np.clip((numbers - numbers.mean()) / deviation, -FARTHEST, FARTHEST)
    columns[items, 1] = 0
    return columns


def _categorical(values: Values, item_count: int) -> Bag:
    """Features `name=value`, by item and then by name."""
    codes: dict[str, int] = {}
    rows, features = [], []
    for name in sorted(values):
        for item, value in values[name].items():
            for one in value if isinstance(value, list) else [value]:
                rows.append(item)
                text = one if isinstance(one, str) else json.dumps(one, sort_keys=True)
                features.append(codes.setdefault(f"{name}={text}", len(codes)))
    order = np.argsort(np.array(rows, dtype=np.int64), kind="stable")
    found = np.array(rows, dtype=np.int64)[order], np.array(features, dtype=np.int64)[order]
    return numbered(*found, item_count, MOST_ATTRIBUTES)

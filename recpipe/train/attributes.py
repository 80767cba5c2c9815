"""Attributes of items or users: JSON objects become named features and standardised numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recpipe.core.attributes import by_attribute, named_values
from recpipe.core.bags import Bag, in_bag, numbered

MOST_ATTRIBUTES = 16
MOST_NUMBERS = 32
FARTHEST = 5.0
"""Standard deviations beyond which a number counts as just so far: one typing error must not rule."""

HEAVY_TAIL = 1.5
"""Positive numbers whose mean is so many times their median are told by their logarithm."""


@dataclass(frozen=True)
class Scale:
    """How a numeric attribute is told: (number - mean) / deviation, of its logarithm if `is_log`."""

    name: str
    mean: float
    deviation: float
    is_log: bool

    def of(self, values: Mapping[int, Any], count: int) -> np.ndarray:
        """Values by row from 1 -> (count + 1, 2) float32: the number, 0 if there is none; is it missing."""
        columns = np.zeros((count + 1, 2), dtype=np.float32)
        columns[:, 1] = 1
        for row, value in values.items():
            number = _number(value)
            if number is None or (self.is_log and number <= 0):
                continue
            number = math.log(number) if self.is_log else number
            distance = (number - self.mean) / self.deviation
            columns[row] = min(max(distance, -FARTHEST), FARTHEST), 0
        return columns


@dataclass(frozen=True)
class AttributeCodes:
    """What attributes of some items or users became, so that others' become the same.

    features: categorical ones, `name=value`, by their number from 1. scales: numeric ones, in the order of
    their columns.
    """

    features: tuple[str, ...] = ()
    scales: tuple[Scale, ...] = ()

    @property
    def number_names(self) -> tuple[str, ...]:
        """What the columns of numbers are, two a scale."""
        kinds = {True: "logarithm", False: "number"}
        return tuple(f"{one.name}: {what}" for one in self.scales for what in (kinds[one.is_log], "missing"))

    def encode(self, documents: Sequence[str | None]) -> tuple[Bag, np.ndarray]:
        """Attributes of n: a bag, (n + 1, 2 m) float32 of numbers; what is not in the codes is left out.

        Of each of the m scales there are two columns, see `Scale.of`.
        """
        values = by_attribute(documents)
        columns = [np.zeros((len(documents) + 1, 0), dtype=np.float32)]
        columns += [scale.of(values.pop(scale.name, {}), len(documents)) for scale in self.scales]
        rows, names = named_values(values)
        bag = in_bag(rows, names, len(documents), MOST_ATTRIBUTES, self.features)
        return bag, np.concatenate(columns, axis=1)

    def told(self) -> dict[str, Any]:
        """Return them ready for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "AttributeCodes":
        """Read what `told` gave."""
        return cls(tuple(told["features"]), tuple(Scale(**scale) for scale in told["scales"]))


def learn_attributes(documents: Sequence[str | None]) -> AttributeCodes:
    """Choose the codes of the attributes of items or users 1..n.

    A categorical attribute is a feature `name=value`; each entry of a list is one. An attribute is numeric if
    all its values read as numbers and differ, and it is not called an id or a code, see `is_numeric`.
    """
    values = by_attribute(documents)
    numeric = sorted(name for name in values if is_numeric(name, values[name]))[:MOST_NUMBERS]
    scales = tuple(_scale(name, values.pop(name)) for name in numeric)
    rows, names = named_values(values)
    return AttributeCodes(numbered(rows, names, len(documents), MOST_ATTRIBUTES).names, scales)


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


def _scale(name: str, values: Mapping[int, Any]) -> Scale:
    """Mean 0 and deviation 1 over those that have the number."""
    numbers = np.array([_number(value) for value in values.values()], dtype=np.float64)
    is_log = bool(numbers.min() > 0 and numbers.mean() > HEAVY_TAIL * np.median(numbers))
    numbers = np.log(numbers) if is_log else numbers
    return Scale(name, float(numbers.mean()), float(numbers.std()) or 1.0, is_log)

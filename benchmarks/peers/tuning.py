"""Finding a peer's best setting on the validation part: from each start, step by step along each axis."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from recpipe.evaluate.peers.contract import Peer, Setting, Value

MAX_PASSES = 4

Judge = Callable[[Setting], float]
"""A setting -> how good it is; more is better."""


@dataclass(frozen=True)
class Tuned:
    """The best setting found, how good it was on validation, how many were tried.

    on_edge: axes on whose first or last value it lies, so that a wider one might have held a better.
    """

    setting: Setting
    value: float
    tried: int
    on_edge: tuple[str, ...]


def tune(peer: Peer, judge: Judge) -> Tuned:
    """Climb from each start and keep the best end.

    An end is no worse than its neighbours on every axis of numbers, and than every other name. Raises
    ValueError if a start does not lie on the axes.
    """
    search = _Search(peer, judge)
    ends = [search.climb(dict(start)) for start in peer.starts]
    best = effective(max(ends, key=search.value))
    return Tuned(best, search.value(best), len(search.values), on_edge(peer, best))


def effective(setting: Setting) -> dict[str, Value]:
    """Leave out a half-life that nothing decays with.

    >>> effective({"counts": "log", "half_life": 60})
    {'counts': 'log'}
    """
    idle = "decayed" not in str(setting.get("counts", "decayed"))
    return {name: value for name, value in setting.items() if not (idle and name == "half_life")}


def on_edge(peer: Peer, setting: Setting) -> tuple[str, ...]:
    """Return the axes of numbers on whose end the setting lies."""
    return tuple(
        name
        for name, values in peer.axes.items()
        if setting.get(name) in (values[0], values[-1]) and not isinstance(values[0], str)
    )


@dataclass
class _Search:
    peer: Peer
    judge: Judge
    values: dict[tuple[tuple[str, Value], ...], float] = field(default_factory=dict)

    def value(self, setting: Setting) -> float:
        setting = effective(setting)
        key = tuple(sorted(setting.items()))
        if key not in self.values:
            self.values[key] = self.judge(setting)
            told = ", ".join(f"{name} {value}" for name, value in setting.items())
            print(f"  {self.peer.name}: {self.values[key]:.4f} with {told}", file=sys.stderr, flush=True)
        return self.values[key]

    def climb(self, setting: dict[str, Value]) -> dict[str, Value]:
        for _ in range(MAX_PASSES):
            before = dict(setting)
            for name in self.peer.axes:
                if name in setting:
                    setting = self._along(setting, name)
            if setting == before:
                break
        return setting

    def _along(self, setting: dict[str, Value], name: str) -> dict[str, Value]:
        values = self.peer.axes[name]
        if isinstance(values[0], str):
            return max(({**setting, name: value} for value in values), key=self.value)
        for step in (1, -1):
            while (after := self._next(setting, name, step)) and self.value(after) > self.value(setting):
                setting = after
        return setting

    def _next(self, setting: dict[str, Value], name: str, step: int) -> dict[str, Value] | None:
        values = self.peer.axes[name]
        place = values.index(setting[name]) + step
        return {**setting, name: values[place]} if 0 <= place < len(values) else None

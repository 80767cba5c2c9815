"""What users did, in flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recpipe.core import columns as c
from recpipe.core.errors import DataError

Part = Literal["train", "validation", "test"]
Moment = Literal["validation", "test", "now"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Histories:
    """What n users did, N events in all, in flat arrays.

    | field | shape | meaning |
    |---|---|---|
    | `user_ids` | (n,) object | external ids |
    | `offsets` | (n + 1,) int64 | events of user u lie at `offsets[u]:offsets[u + 1]`, oldest first |
    | `items` | (N,) int32 | item indices; 0 is unknown |
    | `event_types` | (N,) uint8 | 1-based positions in the manifest's `event_types` |
    | `times` | (N,) int64 | microseconds since 1970, UTC |
    | `counts` | (n, 3) int32 | how many of them are train, validation and test events, in that order |
    | `attributes` | (n,) object | JSON of what else is known of each user; None: of nobody anything |
    """

    user_ids: np.ndarray
    offsets: np.ndarray
    items: np.ndarray
    event_types: np.ndarray
    times: np.ndarray
    counts: np.ndarray
    attributes: np.ndarray | None = None

    def __post_init__(self) -> None:
        if len(self.offsets) != len(self.user_ids) + 1 or self.offsets[-1] != len(self.items):
            raise DataError(
                f"histories do not fit together: {len(self.user_ids)} users, {len(self.offsets)} offsets "
                f"ending at {self.offsets[-1]}, {len(self.items)} events"
            )

    def __len__(self) -> int:
        return len(self.user_ids)

    @property
    def lengths(self) -> np.ndarray:
        """Return the number of events of each user, (n,) int64."""
        return np.diff(self.offsets)

    @property
    def last_times(self) -> np.ndarray:
        """Return the time of each user's last event, (n,) int64; 0 for a user without events."""
        last = np.append(self.times, 0)[self.offsets[1:] - 1]
        return np.where(self.lengths > 0, last, 0)

    @property
    def have_known_items(self) -> np.ndarray:
        """Return who has an event with an item other than 0, (n,) bool."""
        rows = np.repeat(np.arange(len(self)), self.lengths)
        return np.bincount(rows[self.items > 0], minlength=len(self)) > 0

    def translated(self, mapping: np.ndarray) -> "Histories":
        """Return the same histories with item i called `mapping[i]`; indices beyond it become 0."""
        known = self.items < len(mapping)
        return replace(
            self, items=np.where(known, mapping[np.where(known, self.items, 0)], 0).astype(np.int32)
        )

    def retyped(self, mapping: np.ndarray) -> "Histories":
        """Return the same histories with event type t called `mapping[t]`, (types + 1,)."""
        return replace(self, event_types=mapping[self.event_types].astype(np.uint8))

    def until(self, moment: Moment) -> "Histories":
        """Return the events known at `moment`: validation knows train, test knows both, now all."""
        if moment == "now":
            return self
        parts = 1 if moment == "validation" else 2
        return self._slice(np.zeros(len(self), np.int64), self.counts[:, :parts].sum(axis=1))

    def part(self, part: Part) -> "Histories":
        """Return the events of one part of the split only."""
        position = PARTS.index(part)
        starts = self.counts[:, :position].sum(axis=1)
        return self._slice(starts, starts + self.counts[:, position])

    def as_train_part(self) -> "Histories":
        """Return the same histories with every event in the train part."""
        counts = np.zeros_like(self.counts)
        counts[:, 0] = self.lengths
        return replace(self, counts=counts)

    @classmethod
    def joined(cls, parts: Sequence["Histories"]) -> "Histories":
        """Return the users of all parts, at least one, one after the other."""
        lengths = np.concatenate([part.lengths for part in parts])
        names = ["user_ids", "items", "event_types", "times", "counts"]
        if all(part.attributes is not None for part in parts):
            names.append("attributes")
        flat = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), **flat)

    def take(self, rows: np.ndarray) -> "Histories":
        """Return the users at `rows` (integer positions), in that order."""
        events = self._gather(self.offsets[rows], self.lengths[rows])
        attributes = None if self.attributes is None else self.attributes[rows]
        return Histories(self.user_ids[rows], counts=self.counts[rows], attributes=attributes, **events)

    def _slice(self, starts: np.ndarray, stops: np.ndarray) -> "Histories":
        """Keep the events from `starts` to `stops` (n,), positions within each history."""
        ends = np.cumsum(self.counts, axis=1)
        inside = np.minimum(stops[:, None], ends) - np.maximum(starts[:, None], ends - self.counts)
        events = self._gather(self.offsets[:-1] + starts, stops - starts)
        counts = np.maximum(inside, 0).astype(np.int32)
        return Histories(self.user_ids, counts=counts, attributes=self.attributes, **events)

    def _gather(self, starts: np.ndarray, lengths: np.ndarray) -> dict[str, np.ndarray]:
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        index = np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1])
        events = {"items": self.items, "event_types": self.event_types, "times": self.times}
        return {"offsets": offsets} | {name: values[index] for name, values in events.items()}


def histories_of(table: pa.Table) -> Histories:
    """Read rows of a snapshot's table `interactions`."""
    lists = {
        name: table.column(name).combine_chunks() for name in (c.ITEM_INDICES, c.EVENT_TYPES, c.EVENT_ATS)
    }
    lengths = pc.list_value_length(lists[c.ITEM_INDICES]).to_numpy(zero_copy_only=False)
    counts = [table.column(name).to_numpy() for name in (c.TRAIN_COUNT, c.VALIDATION_COUNT, c.TEST_COUNT)]
    return Histories(
        user_ids=table.column(c.USER_ID).to_numpy(zero_copy_only=False),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=lists[c.ITEM_INDICES].flatten().to_numpy().astype(np.int32),
        event_types=lists[c.EVENT_TYPES].flatten().to_numpy().astype(np.uint8),
        times=lists[c.EVENT_ATS].flatten().cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(),
        counts=np.stack(counts, axis=1).astype(np.int32),
        attributes=_attributes(table),
    )


def _attributes(table: pa.Table) -> np.ndarray | None:
    # snapshots made before histories had the column have none: nothing is known of their users
    if c.ATTRIBUTES not in table.column_names:
        return None
    attributes: np.ndarray = table.column(c.ATTRIBUTES).to_numpy(zero_copy_only=False)
    return attributes

"""Examples for the repeat model: users at moments of the past, and which of their items they took again.

A moment is the same for all users where the split is by time. With the split "last-event" it is an event of
each user's own, as it is when such a model is asked.
"""

from dataclasses import dataclass, replace

import numpy as np

from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories
from recpipe.train.blocks import sampled_rows
from recpipe.train.data import TrainingData
from recpipe.train.repeat_features import (
    MICROSECONDS_PER_DAY,
    ItemsAt,
    OwnItems,
    items_as_of,
    own_items,
)

CUTS = 5
"""How many moments of the train part are looked at, each a window before the next one."""
MAX_USERS = 4000
"""At most so many users, drawn for each moment, are looked at; bounds the memory."""
NEXT_DAYS = 14.0
"""The window where `train.window_days` is 0: the next moment alone seldom holds a repeat."""


@dataclass(frozen=True)
class RepeatExamples:
    """n rows of own items with their features; no row is without a repeat.

    items, features: as in `OwnItems`; is_repeat: (len(items.values),) bool.
    """

    items: Ragged
    features: np.ndarray
    is_repeat: np.ndarray

    def __len__(self) -> int:
        return len(self.items)

    def take(self, rows: np.ndarray) -> "RepeatExamples":
        """The examples at `rows` (integer positions), in that order."""
        at = Ragged(self.items.offsets, np.arange(len(self.items.values))).take(rows)
        return RepeatExamples(
            Ragged(at.offsets, self.items.values[at.values]),
            self.features[at.values],
            self.is_repeat[at.values],
        )


def training_examples(data: TrainingData) -> RepeatExamples:
    """What users had at each of CUTS moments of the train part, and took again in the window from then on."""
    histories, random = data.histories, np.random.default_rng(data.params.seed)
    about = ItemsAt(histories, data.vocabulary.size, data.params.recent_days)
    window = int((data.params.window_days or NEXT_DAYS) * MICROSECONDS_PER_DAY)
    by_user = data.split["kind"] == "last-event"
    found = []
    for cut in range(1, CUTS + 1):
        rows = sampled_rows(len(histories), MAX_USERS / max(len(histories), 1), int(random.integers(2**31)))
        some = histories.take(rows)
        end = some.last_times if by_user else np.full(len(some), histories.times.max(initial=0))
        # an event at the moment itself is known where the moment is that event
        before, after = _cut(some, end - cut * window + 1, window)
        moments = before.last_times if by_user else end - cut * window + 1
        found.append(_examples(own_items(before, moments, about), after))
    return _concatenated(found)


def validation_examples(data: TrainingData) -> RepeatExamples:
    """What users had before the validation part, and took again in it."""
    histories, validation = data.histories, _aligned(data)
    own = own_items(histories, validation_moments(data), items_as_of(data.counts["validation"]))
    return _examples(own, Ragged(validation.offsets, validation.items))


def validation_moments(data: TrainingData) -> np.ndarray:
    """When the lists for the validation part are made, (users,) int64 microseconds."""
    if data.split["kind"] == "last-event":
        return data.histories.last_times
    begin = data.validation.times.min(initial=np.iinfo(np.int64).max)
    return np.full(len(data.histories), begin if len(data.validation.times) else 0)


def repeat_share(data: TrainingData) -> float:
    """Share of the validation events on known items that are on items the user had before; 0 without any."""
    validation = _aligned(data)
    wanted = Ragged(validation.offsets, validation.items)
    is_known = wanted.values > 0
    had = wanted.contained(Ragged(data.histories.offsets, data.histories.items)) & is_known
    return float(had.sum() / max(is_known.sum(), 1))


def _aligned(data: TrainingData) -> Histories:
    if not np.array_equal(data.validation.user_ids, data.histories.user_ids):
        raise DataError(
            f"training data: `validation` is of {len(data.validation)} users and `histories` of "
            f"{len(data.histories)}, not the same ones in the same order",
            "Where you change one of them, change the other.",
        )
    return data.validation


def _cut(histories: Histories, moments: np.ndarray, window: int) -> tuple[Histories, Ragged]:
    """Histories before `moments` (n,), and the items from then on for `window` microseconds."""
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    is_before = histories.times < moments[rows]
    is_after = ~is_before & (histories.times < moments[rows] + window)
    every = Ragged(histories.offsets, histories.items)
    before = every.where(is_before)
    return (
        replace(
            histories,
            offsets=before.offsets,
            items=before.values,
            event_types=histories.event_types[is_before],
            times=histories.times[is_before],
        ),
        every.where(is_after),
    )


def _examples(own: OwnItems, taken: Ragged) -> RepeatExamples:
    is_repeat = own.items.contained(taken)
    examples = RepeatExamples(own.items, own.features, is_repeat)
    return examples.take(np.unique(own.items.row_numbers[is_repeat]))


def _concatenated(parts: list[RepeatExamples]) -> RepeatExamples:
    lengths = np.concatenate([part.items.lengths for part in parts])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return RepeatExamples(
        Ragged(offsets, np.concatenate([part.items.values for part in parts])),
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.is_repeat for part in parts]),
    )

"""What a loaded model version offers to whoever makes lists with it."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from recpipe.core.caps import Search
from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories, Moment, Snapshot
from recpipe.core.vocabulary import Vocabulary


class UnusableModel(DataError):
    """A model that cannot rank here: its scores are no numbers, or it knows no item. Never served."""


class RepeatModel(Protocol):
    """Which of the items a user had are taken again."""

    @property
    def weight(self) -> float:
        """Share in [0, 1) of it in a list; the rest is the query and item vectors'."""
        ...

    def log_probabilities(
        self, histories: Histories, moments: np.ndarray, counts: Mapping[str, np.ndarray]
    ) -> tuple[Ragged, np.ndarray]:
        """Return n rows of distinct items, and of each the log-probability of being the one taken again.

        histories: n, in the model's own items; moments: (n,) int64, microseconds since 1970, when the list
        is made; counts: "events", "users", "recent_events" -> (items + 1,), of each of the model's items.
        """
        ...


class Ordering(Protocol):
    """A second stage that knows one snapshot as of one moment."""

    def search(
        self, histories: Histories, barred: Ragged | None, listed: np.ndarray, behind: Search
    ) -> Search:
        """Return the search for the best of the `listed` (items + 1,) but those `barred`, for n users.

        histories: all that n users did before the moment, in the snapshot's items. Its candidates come
        first; what `behind` finds beside them follows, so that no list is shorter for it.
        """
        ...


class SecondStage(Protocol):
    """What puts candidates into the right order: it was trained for lists with or without seen items."""

    @property
    def excludes_seen(self) -> bool:
        """For which lists it was trained; of others it says nothing."""
        ...

    def at(self, snapshot: Snapshot, moment: Moment) -> Ordering:
        """Fit its generators to everything before `moment` of a snapshot."""
        ...


class Recommender(Protocol):
    """What a loaded model version offers; `train.load` gives one."""

    @property
    def version(self) -> str:
        """Name of the version."""
        ...

    @property
    def kind(self) -> str:
        """What made it, e.g. "popularity" or "mean"."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """The items it knows."""
        ...

    @property
    def item_vectors(self) -> np.ndarray:
        """(items + 1, d) float32, row 0 unknown."""
        ...

    @property
    def event_types(self) -> tuple[str, ...]:
        """Names of the types of event it knows, by their index from 1."""
        ...

    def query_vectors(self, histories: Histories) -> np.ndarray:
        """Return (n, d) float32 for n histories in the model's own items and event types (0 unknown)."""
        ...

    def knows(self, histories: Histories) -> np.ndarray:
        """Of which of n users anything is known that the query vector tells, (n,) bool."""
        ...

    @property
    def popularity_of_late(self) -> tuple[tuple[int, float], ...]:
        """(days, weight): a vector's last number, its bias, holds weight × log(1 + users of these days)."""
        ...

    @property
    def second(self) -> SecondStage | None:
        """What orders the candidates of the lists, None if the vectors alone do."""
        ...

    def with_vectors(self, item_vectors: np.ndarray) -> "Recommender":
        """Return the same with other item vectors (items + 1, d)."""
        ...

    @property
    def repeats(self) -> RepeatModel | None:
        """What mixes in the user's own items where lists may hold them, None if nothing does."""
        ...


def made_at(split: dict[str, str], moment: Moment, histories: Histories) -> np.ndarray:
    """Return when the list of each user is made, (n,) int64 microseconds since 1970.

    With the split "last-event" that is at the user's own last event, at either moment: so repeats were
    trained. Otherwise it is the same for all: where the part begins, or the snapshot's newest event.
    """
    if split["kind"] == "last-event":
        return histories.last_times
    begins = {"validation": "validation_from", "test": "test_from", "now": "newest"}
    time = np.datetime64(split[begins[moment]], "us")
    return np.full(len(histories), time.astype(np.int64))

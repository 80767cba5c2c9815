"""The one way a model's lists are made: evaluation scores exactly what recommendation would serve.

A model speaks of its own items, a snapshot of its own; both are translated here and nowhere else.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.mixture import Mixture
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import TopK, top_k
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.vocabulary import Vocabulary

MIXED_USERS = 1024
"""Users whose own items are mixed in at a time; bounds the memory, changes no result."""


class UnusableModel(DataError):
    """A model whose scores are no numbers; nothing may be served from it."""


class RepeatModel(Protocol):
    """Which of the items a user had are taken again."""

    @property
    def weight(self) -> float:
        """Share in [0, 1) of it in a list; the rest is the query and item vectors'."""
        ...

    def log_probabilities(
        self, histories: Histories, moments: np.ndarray, recent_events: np.ndarray
    ) -> tuple[Ragged, np.ndarray]:
        """Return n rows of distinct items, and of each the log-probability of being the one taken again.

        histories: n, in the model's own items; moments: (n,) int64, microseconds since 1970, when the list
        is made; recent_events: (items + 1,), events of late of each of the model's items.
        """
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
    def repeats(self) -> RepeatModel | None:
        """What mixes in the user's own items where lists may hold them, None if nothing does."""
        ...


@dataclass(frozen=True)
class Ranking:
    """Lists of q users, best first.

    indices: (q, k) int32, item indices of the snapshot, 0 where fewer than k items are left;
    scores: (q, k) float32, -inf there; is_personal: (q,) bool, False where the popular list is served
    because the model knows nothing of the user.
    """

    indices: np.ndarray
    scores: np.ndarray
    is_personal: np.ndarray


class Ranker:
    """Ranks the items known at `moment` for users of `snapshot` with a model of any snapshot.

    "test" knows the items seen before the test part, "now" all that the model knows. Ties go to the
    lower item id. Where seen items are allowed, a model's `repeats` are mixed in; scores are then log
    probabilities. Users of whom the model knows nothing get the popular list: the items most
    taken of late, of the snapshot's vocabulary only, at either moment. So an item first seen in the test
    part, or with fewer than `features.min_item_events`, is in no list but of a model that knows it: a refit,
    or one of another snapshot. Raises UnusableModel if the model's item vectors are not finite, DataError
    if it knows no item of the snapshot.
    """

    def __init__(self, recommender: Recommender, snapshot: Snapshot, moment: Literal["test", "now"]) -> None:
        self._recommender = recommender
        item_ids = snapshot.items().column(c.ITEM_ID).to_numpy(zero_copy_only=False)
        self._to_model = Vocabulary(item_ids).translation_to(recommender.vocabulary)
        known = snapshot.vocabulary.size if moment == "test" else snapshot.item_count
        known_types = {name: index for index, name in enumerate(recommender.event_types, start=1)}
        types = ["", *snapshot.manifest["event_types"]]
        self._types_to_model = np.array([known_types.get(name, 0) for name in types], np.uint8)
        self._to_snapshot = np.zeros(recommender.vocabulary.size + 1, np.int32)
        self._to_snapshot[self._to_model[: known + 1]] = np.arange(known + 1)
        self._to_snapshot[0] = 0
        features = snapshot.item_features(moment)
        self._popular = _popular_scores(features, snapshot.vocabulary.size)
        self._recent_events = np.zeros(recommender.vocabulary.size + 1, np.int64)
        self._recent_events[self._to_model] = features[c.RECENT_EVENTS]
        self._recent_events[0] = 0
        self._split, self._moment = snapshot.manifest["split"], moment
        self._check()

    @property
    def candidates(self) -> int:
        """How many items the model can recommend here."""
        return int((self._to_snapshot > 0).sum())

    def rank(self, histories: Histories, k: int, *, exclude_seen: bool) -> Ranking:
        """Return the best `k` items of each user; `exclude_seen` leaves out all of `histories`' items."""
        own = histories.translated(self._to_model).retyped(self._types_to_model)
        is_personal = self._recommender.knows(own)
        indices = np.zeros((len(own), k), np.int32)
        scores = np.full((len(own), k), -np.inf, np.float32)
        is_mixed = not exclude_seen and self._recommender.repeats is not None
        by_model = self._by_mixture if is_mixed else self._by_model
        for chosen, by in ((is_personal, by_model), (~is_personal, self._by_popularity)):
            if chosen.any():
                history = (own if by == by_model else histories).take(np.flatnonzero(chosen))
                seen = Ragged(history.offsets, history.items) if exclude_seen else None
                indices[chosen], scores[chosen] = by(history, k, seen)
        return Ranking(indices, scores, is_personal)

    def _by_model(self, own: Histories, k: int, seen: Ragged | None) -> tuple[np.ndarray, np.ndarray]:
        queries = self._queries(own)
        allowed = self._to_snapshot > 0
        found = top_k(queries, self._recommender.item_vectors, k, excluded=seen, allowed=allowed)
        return self._to_snapshot[found.indices], found.scores

    def _by_mixture(self, own: Histories, k: int, seen: Ragged | None) -> tuple[np.ndarray, np.ndarray]:
        """Return the lists of the model and its repeats; `seen` is None, no item is left out."""
        blocks = np.array_split(np.arange(len(own)), -(-len(own) // MIXED_USERS))
        found = [self._mixed(own.take(rows), k) for rows in blocks]
        indices = np.concatenate([one.indices for one in found])
        return self._to_snapshot[indices], np.concatenate([one.scores for one in found])

    def _mixed(self, own: Histories, k: int) -> TopK:
        repeats = self._recommender.repeats
        assert repeats is not None
        moments = _made_at(self._split, self._moment, own)
        items, log_own = repeats.log_probabilities(own, moments, self._recent_events)
        vectors, allowed = self._recommender.item_vectors, self._to_snapshot > 0
        mixture = Mixture.of(self._queries(own), vectors, k, items, log_own, allowed)
        return mixture.top_k(repeats.weight)

    def _queries(self, own: Histories) -> np.ndarray:
        queries = self._recommender.query_vectors(own)
        if not np.isfinite(queries).all():
            raise UnusableModel(
                f"model version {self._recommender.version}: its query vectors are not finite"
            )
        return queries

    def _by_popularity(
        self, histories: Histories, k: int, seen: Ragged | None
    ) -> tuple[np.ndarray, np.ndarray]:
        queries = np.ones((len(histories), 1), np.float32)
        found = top_k(queries, self._popular[:, None], k, excluded=seen)
        return found.indices, found.scores

    def _check(self) -> None:
        version = self._recommender.version
        if not np.isfinite(self._recommender.item_vectors).all():
            raise UnusableModel(f"model version {version}: its item vectors are not finite")
        if not self.candidates:
            raise DataError(
                f"model version {version}: it knows no item of this snapshot",
                "Train on the snapshot, or choose a snapshot of the same items.",
            )


def _popular_scores(features: dict[str, np.ndarray], known_items: int) -> np.ndarray:
    """Return (known_items + 1,) float32 in (0, 1]: the place by recent events, then all events, then item id.

    Places rather than counts, so that no two scores are equal and both counts have their say.
    """
    # known items are indexed in the order of their ids, and the sort is stable
    order = np.lexsort([-features[name][: known_items + 1] for name in (c.EVENTS, c.RECENT_EVENTS)])
    scores = np.empty(len(order), np.float32)
    scores[order] = 1 - np.arange(len(order), dtype=np.float32) / len(order)
    return scores


def _made_at(split: dict[str, str], moment: Literal["test", "now"], histories: Histories) -> np.ndarray:
    """Return when the list of each user is made, (n,) int64 microseconds since 1970.

    With the split "last-event" that is at the user's own last event, at either moment: so repeats were
    trained. Otherwise it is the same for all: where the test begins, or the snapshot's newest event.
    """
    if split["kind"] == "last-event":
        return histories.last_times
    time = np.datetime64(split["test_from" if moment == "test" else "newest"], "us")
    return np.full(len(histories), time.astype(np.int64))

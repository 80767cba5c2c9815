"""The one way a model's lists are made: evaluation scores exactly what recommendation would serve.

A model speaks of its own items, a snapshot of its own; both are translated here and nowhere else.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recpipe.core import columns as c
from recpipe.core.caps import Cap, Search, filled
from recpipe.core.errors import DataError
from recpipe.core.mixture import Mixture
from recpipe.core.popular import popular_scores
from recpipe.core.ragged import Ragged
from recpipe.core.recommender import Recommender, RepeatModel, UnusableModel, made_at
from recpipe.core.retrieval import TopK, top_k
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.vocabulary import Vocabulary

__all__ = ["ANYTHING", "Ranker", "Ranking", "Recommender", "RepeatModel", "Rules", "UnusableModel"]

MIXED_USERS = 1024
"""Users whose own items are mixed in at a time; bounds the memory, changes no result."""


@dataclass(frozen=True)
class Rules:
    """What may stand in any list, told of the snapshot's items.

    allowed: (items + 1,) bool by the index in `Snapshot.catalogue`, None for all; caps: how many of a kind
    one list may hold.
    """

    allowed: np.ndarray | None = None
    caps: tuple[Cap, ...] = ()


ANYTHING = Rules()


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

    def __init__(
        self,
        recommender: Recommender,
        snapshot: Snapshot,
        moment: Literal["test", "now"],
        rules: Rules = ANYTHING,
    ) -> None:
        self._recommender = recommender
        item_ids = snapshot.catalogue().column(c.ITEM_ID).to_numpy(zero_copy_only=False)
        self._to_model = Vocabulary(item_ids).translation_to(recommender.vocabulary)
        known = snapshot.vocabulary.size if moment == "test" else len(item_ids)
        known_types = {name: index for index, name in enumerate(recommender.event_types, start=1)}
        types = ["", *snapshot.manifest["event_types"]]
        self._types_to_model = np.array([known_types.get(name, 0) for name in types], np.uint8)
        self._to_snapshot = np.zeros(recommender.vocabulary.size + 1, np.int32)
        self._to_snapshot[self._to_model[: known + 1]] = np.arange(known + 1)
        self._to_snapshot[0] = 0
        features = snapshot.item_features(moment)
        self._popular = popular_scores(features, snapshot.vocabulary.size)
        self._counts = {name: self._of_model(values) for name, values in features.items()}
        self._split, self._moment = snapshot.manifest["split"], moment
        self._caps = rules.caps
        self._allowed = np.ones(len(item_ids) + 1, bool) if rules.allowed is None else rules.allowed
        self._check()

    @property
    def candidates(self) -> int:
        """How many items the model can recommend here, whatever the rules."""
        return int((self._to_snapshot > 0).sum())

    def known(self, *, is_personal: bool) -> np.ndarray:
        """Which items the model's lists, or else popular ones, can hold without rules, (items + 1,) bool."""
        can = np.zeros(len(self._allowed), bool)
        if is_personal:
            can[self._to_snapshot] = True
        else:
            can[: len(self._popular)] = True
        can[0] = False
        return can

    def nameable(self, *, is_personal: bool) -> np.ndarray:
        """Which of the `known` items the rules let into lists, (items + 1,) bool."""
        return self.known(is_personal=is_personal) & self._allowed

    def rank(
        self,
        histories: Histories,
        k: int,
        *,
        exclude_seen: bool,
        excluded: Ragged | None = None,
        depth: int = 0,
    ) -> Ranking:
        """Return the best `k` items of each user; `exclude_seen` leaves out all of `histories`' items.

        excluded: a row a user, more items of the snapshot that the user must not get. depth: lists are so
        long, if more than k, but only k are filled up where caps leave them short.
        """
        barred = Ragged(histories.offsets, histories.items) if exclude_seen else None
        if excluded is not None:
            barred = excluded if barred is None else barred.beside(excluded)
        own = histories.translated(self._to_model).retyped(self._types_to_model)
        is_personal = self._recommender.knows(own)
        depth = max(k, depth)
        indices = np.zeros((len(own), depth), np.int32)
        scores = np.full((len(own), depth), -np.inf, np.float32)
        is_mixed = not exclude_seen and self._recommender.repeats is not None
        by_model = self._by_mixture if is_mixed else self._by_model
        for chosen, by in ((is_personal, by_model), (~is_personal, self._by_popularity)):
            if chosen.any():
                users = np.flatnonzero(chosen)
                search = by(own.take(users), None if barred is None else barred.take(users))
                found = self._filled(search, len(users), k, depth, is_personal=by == by_model)
                indices[chosen], scores[chosen] = found.indices, found.scores
        return Ranking(indices, scores, is_personal)

    def scores(self, histories: Histories, indices: np.ndarray, *, exclude_seen: bool) -> np.ndarray:
        """Return what the model scores `indices` (n, k), items it knows, for n users, (n, k) float32.

        As `rank` scores them, and -inf where an index is 0; by the model for everybody, whatever it knows.
        """
        own = histories.translated(self._to_model).retyped(self._types_to_model)
        items, queries = self._to_model[indices], self._queries(own)
        found = np.einsum("nd,nkd->nk", queries, self._recommender.item_vectors[items])
        if not exclude_seen and self._recommender.repeats is not None:
            blocks = np.array_split(np.arange(len(own)), -(-len(own) // MIXED_USERS))
            mixtures = [self._mixture(own.take(some), queries[some], 1) for some in blocks]
            weight = self._recommender.repeats.weight
            found = np.concatenate(
                [
                    mixture.log_mixed(weight, items[some], found[some])
                    for mixture, some in zip(mixtures, blocks, strict=True)
                ]
            )
        return np.where(items > 0, found, -np.inf).astype(np.float32)

    def _filled(self, search: Search, users: int, k: int, depth: int, *, is_personal: bool) -> TopK:
        nameable = self.nameable(is_personal=is_personal)
        wanted = min([k, *(cap.attainable(nameable) for cap in self._caps)])
        return filled(search, users, wanted, depth, max(1, int(nameable.sum())), self._caps)

    def _by_model(self, own: Histories, barred: Ragged | None) -> Search:
        queries, barred = self._queries(own), self._in_model(barred)

        def search(rows: np.ndarray, depth: int) -> TopK:
            excluded = None if barred is None else barred.take(rows)
            vectors, allowed = self._recommender.item_vectors, self._allowed_in_model
            return self._in_snapshot(top_k(queries[rows], vectors, depth, excluded=excluded, allowed=allowed))

        return search

    def _by_mixture(self, own: Histories, barred: Ragged | None) -> Search:
        """The model and its repeats in one list."""
        queries, barred = self._queries(own), self._in_model(barred)

        def search(rows: np.ndarray, depth: int) -> TopK:
            blocks = np.array_split(rows, -(-len(rows) // MIXED_USERS))
            weight = self._recommender.repeats.weight if self._recommender.repeats else 0.0
            barring = [None if barred is None else barred.take(some) for some in blocks]
            found = [
                self._mixture(own.take(some), queries[some], depth, out).top_k(weight)
                for some, out in zip(blocks, barring, strict=True)
            ]
            indices = np.concatenate([one.indices for one in found])
            return self._in_snapshot(TopK(indices, np.concatenate([one.scores for one in found])))

        return search

    def _mixture(
        self, own: Histories, queries: np.ndarray, depth: int, barred: Ragged | None = None
    ) -> Mixture:
        repeats = self._recommender.repeats
        assert repeats is not None
        moments = made_at(self._split, self._moment, own)
        items, log_own = repeats.log_probabilities(own, moments, self._counts)
        vectors, allowed = self._recommender.item_vectors, self._allowed_in_model
        return Mixture.of(queries, vectors, depth, items, log_own, allowed, barred)

    def _of_model(self, values: np.ndarray) -> np.ndarray:
        """Figures of the snapshot's items (items + 1,) as those of the model's; 0 where it has none."""
        own = np.zeros(self._recommender.vocabulary.size + 1, values.dtype)
        own[self._to_model[: len(values)]] = values
        own[0] = 0
        return own

    def _queries(self, own: Histories) -> np.ndarray:
        queries = self._recommender.query_vectors(own)
        if not np.isfinite(queries).all():
            raise UnusableModel(
                f"model version {self._recommender.version}: its query vectors are not finite"
            )
        return queries

    def _by_popularity(self, own: Histories, barred: Ragged | None) -> Search:
        allowed = self._allowed[: len(self._popular)]

        def search(rows: np.ndarray, depth: int) -> TopK:
            excluded = None if barred is None else barred.take(rows)
            queries = np.ones((len(rows), 1), np.float32)
            return top_k(queries, self._popular[:, None], depth, excluded=excluded, allowed=allowed)

        return search

    @property
    def _allowed_in_model(self) -> np.ndarray:
        return (self._to_snapshot > 0) & self._allowed[self._to_snapshot]

    def _in_model(self, items: Ragged | None) -> Ragged | None:
        return None if items is None else Ragged(items.offsets, self._to_model[items.values])

    def _in_snapshot(self, found: TopK) -> TopK:
        return TopK(self._to_snapshot[found.indices], found.scores)

    def _check(self) -> None:
        version = self._recommender.version
        if not np.isfinite(self._recommender.item_vectors).all():
            raise UnusableModel(f"model version {version}: its item vectors are not finite")
        if not self.candidates:
            raise DataError(
                f"model version {version}: it knows no item of this snapshot",
                "Train on the snapshot, or choose a snapshot of the same items.",
            )

"""A model beside a snapshot: what each calls an item, and the model's scores of the snapshot's items."""

from copy import copy
from dataclasses import dataclass

import numpy as np

from recpipe.core import columns as c
from recpipe.core.caps import Search
from recpipe.core.mixture import Mixture
from recpipe.core.nearest import NearestItems
from recpipe.core.ragged import Ragged
from recpipe.core.recommender import Recommender, RepeatModel, UnusableModel, made_at
from recpipe.core.retrieval import TopK, top_k
from recpipe.core.snapshot import Histories, Moment, Snapshot
from recpipe.core.vocabulary import Vocabulary

MIXED_USERS = 1024
"""Users whose own items are mixed in at a time; bounds the memory, changes no result."""


@dataclass(frozen=True)
class Newcomers:
    """m items that a model never learned of but can score: (m,) catalogue indices, (m, d) float32 vectors."""

    indices: np.ndarray
    vectors: np.ndarray


class ModelSide:
    """Translates between a snapshot's catalogue and a model, and scores with the model.

    is_near_enough: what the model alone scores is searched in an index, see `nearest`; what repeats are mixed
    into is searched exactly, as all items are summed over there anyway. Raises UnusableModel if the model's
    item vectors are not finite, or if it knows no item here.
    """

    def __init__(
        self,
        recommender: Recommender,
        snapshot: Snapshot,
        moment: Moment,
        newcomers: Newcomers | None = None,
        *,
        is_near_enough: bool = False,
    ) -> None:
        self._recommender = recommender
        item_ids = snapshot.catalogue().column(c.ITEM_ID).to_numpy(zero_copy_only=False)
        self._to_model = Vocabulary(item_ids).translation_to(recommender.vocabulary)
        self.items = len(item_ids)
        known = self.items if moment == "now" else snapshot.vocabulary.size
        known_types = {name: index for index, name in enumerate(recommender.event_types, start=1)}
        types = ["", *snapshot.manifest["event_types"]]
        self._types_to_model = np.array([known_types.get(name, 0) for name in types], np.uint8)
        self._to_snapshot = np.zeros(recommender.vocabulary.size + 1, np.int32)
        self._to_snapshot[self._to_model[: known + 1]] = np.arange(known + 1)
        self._to_snapshot[0] = 0
        self._counts = {
            name: self._of_model(counts) for name, counts in snapshot.item_features(moment).items()
        }
        self._split, self._moment = snapshot.manifest["split"], moment
        self._indexes: dict[bytes, NearestItems] | None = {} if is_near_enough else None
        self._check()
        self._vectors, self._to_candidate = recommender.item_vectors, self._to_model
        if newcomers is not None:
            # histories are told in what the model learned of; candidates are these and the newcomers
            self._to_candidate = self._to_model.copy()
            first = len(self._to_snapshot)
            self._to_candidate[newcomers.indices] = np.arange(first, first + len(newcomers.indices))
            self._to_snapshot = np.concatenate([self._to_snapshot, newcomers.indices.astype(np.int32)])
            self._vectors = np.concatenate([self._vectors, newcomers.vectors.astype(np.float32)])

    def exact(self) -> "ModelSide":
        """Return the same, searched exactly."""
        other = copy(self)
        other._indexes = None
        return other

    @property
    def known(self) -> np.ndarray:
        """Which items of the catalogue it can list, (items + 1,) bool."""
        can = np.zeros(self.items + 1, bool)
        can[self._to_snapshot] = True
        can[0] = False
        return can

    @property
    def item_vectors(self) -> np.ndarray:
        """Vectors by the catalogue's index, (items + 1, d) float32; zeros where it has none."""
        return self._vectors[self._to_candidate] * (self._to_candidate > 0)[:, None]

    def own(self, histories: Histories) -> Histories:
        """Return histories as the model calls their items and types of event; 0 is unknown to it."""
        return histories.translated(self._to_model).retyped(self._types_to_model)

    def search(
        self,
        own: Histories,
        barred: Ragged | None,
        allowed: np.ndarray,
        among: np.ndarray,
        repeats: RepeatModel | None,
    ) -> Search:
        """Return the search for the best of the items `among` (items + 1,) for users with histories `own`.

        barred: a row a user, items that the user must not get. With `repeats`, scores are log probabilities
        among what is `allowed` (items + 1,).
        """
        queries, listed = self._queries(own), self._candidates(among)
        out = None if barred is None else Ragged(barred.offsets, self._to_candidate[barred.values])

        def by_model(rows: np.ndarray, depth: int) -> TopK:
            excluded = None if out is None else out.take(rows)
            return self._in_snapshot(self._best(queries[rows], depth, excluded, listed))

        def by_mixture(rows: np.ndarray, depth: int) -> TopK:
            assert repeats is not None
            blocks = np.array_split(rows, -(-len(rows) // MIXED_USERS))
            found = [
                self._mixture(
                    own.take(some),
                    queries[some],
                    depth,
                    repeats,
                    allowed,
                    among,
                    None if out is None else out.take(some),
                ).top_k(repeats.weight)
                for some in blocks
            ]
            indices = np.concatenate([one.indices for one in found])
            return self._in_snapshot(TopK(indices, np.concatenate([one.scores for one in found])))

        return by_model if repeats is None else by_mixture

    def scores(
        self, own: Histories, indices: np.ndarray, allowed: np.ndarray, repeats: RepeatModel | None
    ) -> np.ndarray:
        """Return what `search` scores `indices` (n, k) of the catalogue for n users, (n, k) float32."""
        items, queries = self._to_candidate[indices], self._queries(own)
        found = np.einsum("nd,nkd->nk", queries, self._vectors[items])
        if repeats is not None:
            blocks = np.array_split(np.arange(len(own)), -(-len(own) // MIXED_USERS))
            mixtures = (
                self._mixture(own.take(some), queries[some], 1, repeats, allowed, allowed) for some in blocks
            )
            found = np.concatenate(
                [
                    mixture.log_mixed(repeats.weight, items[some], found[some])
                    for mixture, some in zip(mixtures, blocks, strict=True)
                ]
            )
        return np.where(items > 0, found, -np.inf).astype(np.float32)

    def log_own(self, histories: Histories, repeats: RepeatModel) -> tuple[Ragged, np.ndarray]:
        """Return which of their items n users take again, by `repeats`, told of the catalogue.

        n rows of distinct items, and of each value the log-probability of being the one.
        """
        items, log_own = self._log_own(self.own(histories), repeats)
        return Ragged(items.offsets, self._to_snapshot[items.values]), log_own

    def _log_own(self, own: Histories, repeats: RepeatModel) -> tuple[Ragged, np.ndarray]:
        return repeats.log_probabilities(own, made_at(self._split, self._moment, own), self._counts)

    def _mixture(
        self,
        own: Histories,
        queries: np.ndarray,
        depth: int,
        repeats: RepeatModel,
        allowed: np.ndarray,
        among: np.ndarray,
        out: Ragged | None = None,
    ) -> Mixture:
        items, log_own = self._log_own(own, repeats)
        return Mixture.of(
            queries,
            self._vectors,
            depth,
            items,
            log_own,
            self._candidates(allowed),
            excluded=out,
            among=self._candidates(among),
        )

    def _best(self, queries: np.ndarray, depth: int, excluded: Ragged | None, listed: np.ndarray) -> TopK:
        if self._indexes is None:
            return top_k(queries, self._vectors, depth, excluded=excluded, allowed=listed)
        key = listed.tobytes()
        if key not in self._indexes:
            self._indexes[key] = NearestItems(self._vectors, listed)
        return self._indexes[key].top_k(queries, depth, excluded)

    def _candidates(self, items: np.ndarray) -> np.ndarray:
        """Which candidates are among `items` of the catalogue (items + 1,), (candidates + 1,) bool."""
        return (self._to_snapshot > 0) & items[self._to_snapshot]

    def _in_snapshot(self, found: TopK) -> TopK:
        return TopK(self._to_snapshot[found.indices], found.scores)

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

    def _check(self) -> None:
        version = self._recommender.version
        if not np.isfinite(self._recommender.item_vectors).all():
            raise UnusableModel(f"model version {version}: its item vectors are not finite")
        if not self._to_snapshot.any():
            raise UnusableModel(
                f"model version {version}: it knows no item of this snapshot",
                "Train on the snapshot, or choose a snapshot of the same items.",
            )

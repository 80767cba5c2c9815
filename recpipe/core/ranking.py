"""The one way a model's lists are made: evaluation scores exactly what recommendation would serve.

A model speaks of its own items, a snapshot of its own; both are translated in `model_side` and nowhere else.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np

from recpipe.core.caps import Cap, filled
from recpipe.core.model_side import ModelSide, Newcomers
from recpipe.core.popular import PopularLists, for_everybody
from recpipe.core.ragged import Ragged
from recpipe.core.recommender import Ordering, Recommender, RepeatModel, UnusableModel
from recpipe.core.snapshot import Histories, Moment, Snapshot

__all__ = ["ANYTHING", "Ranker", "Ranking", "Recommender", "RepeatModel", "Rules", "UnusableModel"]


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
    or one of another snapshot. `popular` gives other lists for such users, `newcomers` candidates beyond
    what the model knows; `is_near_enough` searches an index that misses a few, see `ModelSide`. A
    recommender's `second` stage orders what personal lists of users with a history hold, where it was trained
    for such lists; scores are then its own. Raises UnusableModel if the model's item vectors are not finite,
    or if it knows no item of the snapshot.
    """

    def __init__(
        self,
        recommender: Recommender,
        snapshot: Snapshot,
        moment: Moment,
        rules: Rules = ANYTHING,
        *,
        newcomers: Newcomers | None = None,
        popular: PopularLists | None = None,
        is_near_enough: bool = False,
    ) -> None:
        self._recommender = recommender
        self._snapshot, self._moment = snapshot, moment
        self._model = ModelSide(recommender, snapshot, moment, newcomers, is_near_enough=is_near_enough)
        self._popular = popular or for_everybody(
            snapshot.item_features(moment), snapshot.vocabulary.size, self._model.items
        )
        self._caps = rules.caps
        self._ordering: Ordering | None = None  # costly, so made when it is asked for
        everything = np.ones(self._model.items + 1, bool)
        self._allowed = everything if rules.allowed is None else rules.allowed

    def exact(self) -> "Ranker":
        """Return the same, searched exactly."""
        other = copy(self)
        other._model = self._model.exact()
        return other

    def known(self, *, is_personal: bool) -> np.ndarray:
        """Which items the model's lists, or else popular ones, can hold without rules, (items + 1,) bool."""
        return self._model.known if is_personal else self._popular.known

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
        among: np.ndarray | None = None,
    ) -> Ranking:
        """Return the best `k` items of each user; `exclude_seen` leaves out all of `histories`' items.

        excluded: a row a user, more items of the snapshot that the user must not get. depth: lists are so
        long, if more than k, but only k are filled up where caps leave them short. among: (items + 1,) bool,
        lists of these alone; their scores are the same.
        """
        barred = Ragged(histories.offsets, histories.items) if exclude_seen else None
        if excluded is not None:
            barred = excluded if barred is None else barred.beside(excluded)
        own = self._model.own(histories)
        is_personal = self._recommender.knows(own)
        if self._popular.has_segments:
            # of who did nothing an attribute is known at most: that is what the segments are for
            is_personal &= own.have_known_items
        depth = max(k, depth)
        indices = np.zeros((len(own), depth), np.int32)
        scores = np.full((len(own), depth), -np.inf, np.float32)
        second = self._second(exclude_seen=exclude_seen)
        # who is known by attributes alone has done nothing that candidates could be ranked by
        is_ordered = is_personal & own.have_known_items if second else np.zeros(len(own), bool)
        parts = (
            (is_ordered, True, second),
            (is_personal & ~is_ordered, True, None),
            (~is_personal, False, None),
        )
        for chosen, personal, ordering in parts:
            if not chosen.any():
                continue
            users, nameable = np.flatnonzero(chosen), self.nameable(is_personal=personal)
            listed = nameable if among is None else nameable & among
            out = None if barred is None else barred.take(users)
            if personal:
                repeats = self._repeats(exclude_seen=exclude_seen)
                search = self._model.search(own.take(users), out, self._allowed, listed, repeats)
                if ordering:
                    search = ordering.search(histories.take(users), out, listed, search)
            else:
                search = self._popular.search(histories.take(users), out, listed)
            wanted = min([k, *(cap.attainable(listed) for cap in self._caps)])
            found = filled(search, len(users), wanted, depth, max(1, int(listed.sum())), self._caps)
            indices[chosen], scores[chosen] = found.indices, found.scores
        return Ranking(indices, scores, is_personal)

    def _second(self, *, exclude_seen: bool) -> Ordering | None:
        second = self._recommender.second
        if second is None or second.excludes_seen != exclude_seen:
            return None
        if self._ordering is None:
            self._ordering = second.at(self._snapshot, self._moment)
        return self._ordering

    @property
    def item_vectors(self) -> np.ndarray:
        """The model's vectors by the catalogue's index, (items + 1, d) float32; zeros where it has none."""
        return self._model.item_vectors

    def scores(self, histories: Histories, indices: np.ndarray, *, exclude_seen: bool) -> np.ndarray:
        """Return what the model scores `indices` (n, k), items it knows, for n users, (n, k) float32.

        As `rank` scores them without a second stage, and -inf where an index is 0; by the model for
        everybody, whatever it knows.
        """
        repeats = self._repeats(exclude_seen=exclude_seen)
        return self._model.scores(self._model.own(histories), indices, self._allowed, repeats)

    def _repeats(self, *, exclude_seen: bool) -> RepeatModel | None:
        return None if exclude_seen else self._recommender.repeats

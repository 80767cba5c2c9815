"""The arms of a publication: each makes the lists of its own users."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recpipe.core.ranking import Ranker, Ranking
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.recommend.cold_start import find_newcomers, popular_lists
from recpipe.recommend.dealing import buckets, user_hashes
from recpipe.recommend.exploring import explored
from recpipe.recommend.filters import Filters
from recpipe.recommend.making import ListMaker
from recpipe.recommend.params import RecommendParams
from recpipe.recommend.reasons import Reasoner
from recpipe.recommend.rerank import Reranker
from recpipe.recommend.shortness import short_reasons
from recpipe.recommend.variants import Variant

logger = logging.getLogger("recpipe.recommend")


@dataclass(frozen=True)
class Made:
    """The lists of n users: `arms` (n,) who made each, and by place reasons (object) and propensities."""

    ranking: Ranking
    arms: np.ndarray
    reasons: np.ndarray
    propensities: np.ndarray
    short: Counter[str]


@dataclass(frozen=True)
class Arm:
    """A variant, what makes its lists and what tells their reasons."""

    variant: Variant
    maker: ListMaker
    reasoner: Reasoner

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        snapshot: Snapshot,
        variant: Variant,
        filters: Filters,
        params: RecommendParams,
    ) -> "Arm":
        """Load what makes the lists of `variant`. Raises DataError naming a file of it that was altered."""
        from recpipe import rank  # its loader loads TensorFlow

        recommender = rank.load(workspace, variant.version)
        if recommender.second is not None and recommender.second.excludes_seen != filters.excludes_seen:
            logger.warning(
                "%s: its second stage was trained for other lists (rank.seen): these are its retrieval's",
                recommender.version,
            )
        newcomers = (
            find_newcomers(workspace, snapshot, recommender, filters) if params.new_items_share else None
        )
        popular = popular_lists(snapshot, recommender, params)
        ranker = Ranker(
            recommender,
            snapshot,
            "now",
            filters.rules,
            newcomers=newcomers,
            popular=popular,
            is_near_enough=params.search == "approximate",
        )
        reranker = Reranker.of(ranker, snapshot, filters, params) if params.is_reranked else None
        maker = ListMaker(ranker, filters, params, newcomers, reranker)
        catalogue, tried = snapshot.catalogue(), params.reason_events
        return cls(variant, maker, Reasoner.of(ranker, catalogue, tried, exclude_seen=filters.excludes_seen))

    def shown(self, histories: Histories, draw: str) -> tuple[Ranking, np.ndarray]:
        """Return the lists of n users and the propensity of each place; `draw` names this drawing."""
        own, params = self.maker.rank(histories), self.maker.params
        if not params.explore_share:
            return own, np.ones(own.indices.shape, np.float32)
        pool = self.maker.ranker.rank(
            histories,
            max(params.k, params.explore_among),
            exclude_seen=self.maker.filters.excludes_seen,
            excluded=self.maker.filters.excluded(histories),
        )
        hashes = user_hashes(histories.user_ids, f"explore {params.bucket_key} {draw}")
        return explored(own, pool, params.explore_share, hashes)


def make(arms: Sequence[Arm], histories: Histories, params: RecommendParams, draw: str) -> Made:
    """Make the lists of n users, each by the arm of the user's bucket."""
    size = (len(histories), params.k)
    which = buckets(histories.user_ids, params.bucket_key, [arm.variant.percent for arm in arms])
    made = Made(
        Ranking(np.zeros(size, np.int32), np.zeros(size, np.float32), np.zeros(size[0], bool)),
        which,
        np.full(size, None, object),
        np.ones(size, np.float32),
        Counter(),
    )
    for number, arm in enumerate(arms):
        rows = np.flatnonzero(which == number)
        if not len(rows):
            continue
        users = histories.take(rows)
        ranking, made.propensities[rows] = arm.shown(users, draw)
        made.ranking.indices[rows], made.ranking.scores[rows] = ranking.indices, ranking.scores
        made.ranking.is_personal[rows] = ranking.is_personal
        made.reasons[rows] = arm.reasoner.reasons(users, ranking)
        made.short.update(short_reasons(arm.maker.ranker, ranking, arm.maker.filters.withheld(users)))
    return made

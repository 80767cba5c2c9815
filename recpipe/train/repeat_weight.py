"""How much of a list is the repeat model's and how much the two towers': fitted on the validation part."""

import logging
import math

import numpy as np

from recpipe.core.metrics import hits, ndcg_at_k
from recpipe.core.mixture import Mixture
from recpipe.core.ragged import Ragged
from recpipe.train.blocks import sampled_rows
from recpipe.train.data import TrainingData
from recpipe.train.fit import Fitted
from recpipe.train.judge import JUDGED_AT, embed
from recpipe.train.judges import most_judges
from recpipe.train.recency import vectors_at
from recpipe.train.repeat_examples import validation_moments
from recpipe.train.repeat_features import items_as_of, own_items
from recpipe.train.repeats import Repeats, log_softmax, score

WEIGHTS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
"""Shares of the repeat model that are tried."""

logger = logging.getLogger("recpipe.train")


def weigh_repeats(fitted: Fitted, repeats: Repeats) -> tuple[float, float]:
    """The weight of the repeats that suits the validation part best, and NDCG@10 with it, seen items allowed.

    Judged by at most `most_judges` of the users with a known item in it, all items ranked.
    Without any of them the weight is 0 and NDCG NaN: nothing speaks for a mixture.
    """
    data = fitted.data
    rows, relevant = _judges(data)
    if len(rows) == 0:
        return 0.0, math.nan
    histories = data.histories.take(rows)
    own = own_items(histories, validation_moments(data)[rows], items_as_of(data.counts["validation"]))
    log_own = log_softmax(score(repeats.scorer, own.features), own.items)
    queries = embed(fitted.model, histories, data.users, data.params)
    vectors = vectors_at(fitted.model, data, "validation", fitted.popularity_weights)
    mixture = Mixture.of(queries, vectors, JUDGED_AT, own.items, log_own)
    ndcg = {weight: _ndcg(mixture, weight, relevant) for weight in WEIGHTS}
    best = max(WEIGHTS, key=lambda weight: ndcg[weight])
    logger.info(
        "repeats weigh %g: validation NDCG@10 %.4f, seen items allowed; %.4f without",
        best,
        ndcg[best],
        ndcg[0.0],
    )
    return best, ndcg[best]


def _judges(data: TrainingData) -> tuple[np.ndarray, Ragged]:
    """Rows of the users who judge, and the items that they took."""
    taken = Ragged(data.validation.offsets, data.validation.items)
    relevant = taken.where(taken.values > 0).unique()
    rows = np.flatnonzero(relevant.lengths > 0)
    share = most_judges(data.params, data.vocabulary.size) / max(len(rows), 1)
    rows = rows[sampled_rows(len(rows), share, data.params.seed)]
    return rows, relevant.take(rows)


def _ndcg(mixture: Mixture, weight: float, relevant: Ragged) -> float:
    best = mixture.top_k(weight).indices
    return float(ndcg_at_k(hits(best, relevant), relevant.lengths, JUDGED_AT).mean())

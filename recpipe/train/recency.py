"""What popularity of the moment weighs in the score: learned in training, then fitted on the validation part.

Training learns from popularity as of each query's moment (`moments.py`). What it finds is added to the
weights that the validation part asks for: on few users the towers are surer of themselves than they
should be, and more popularity makes up for it.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import numpy as np

from recpipe.core.difference import paired_difference
from recpipe.core.snapshot import Moment
from recpipe.train.data import TrainingData
from recpipe.train.judge import embed, judged
from recpipe.train.survey import LATEST_USERS, RECENT_USERS
from recpipe.train.two_tower import TwoTower

Weights = tuple[float, float]
"""Of popularity in the last `recent_days`, and in the last `latest_days`."""

AS_TRAINED: Weights = (1.0, 0.0)
RECENT_WEIGHTS = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
LATEST_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0)

logger = logging.getLogger("recpipe.train")


def vectors_at(model: TwoTower, data: TrainingData, moment: Moment, weights: Weights) -> np.ndarray:
    """Item vectors, (items + 1, dimension + 1), with the popularity of `moment` at `weights` in the bias.

    The bias is log popularity before the validation part, at the weights AS_TRAINED and those learned in
    training, plus what else was learned. Only the popularity is replaced, and the learned weights are added
    to those given.
    """
    vectors = model.item_vectors()
    vectors[:, -1] += bias_shift(model, data, moment, weights)
    return vectors


def bias_shift(model: TwoTower, data: TrainingData, moment: Moment, weights: Weights) -> np.ndarray:
    """What `vectors_at` adds to the biases, (items + 1,) float32; 0 for the unknown item."""
    learned = np.array(learned_weights(model))
    shift = log_users(data.counts[moment]) @ (learned + weights)
    shift -= log_users(data.counts["validation"]) @ (learned + AS_TRAINED)
    shift[0] = 0
    return shift.astype(np.float32)


def learned_weights(model: TwoTower) -> list[float]:
    """What training found that popularity in the recent and the latest days weighs; 0 if it did not ask."""
    return [float(weight) for weight in model.recency.weights.numpy()] if model.recency else [0.0, 0.0]


def log_users(counts: Mapping[str, np.ndarray]) -> np.ndarray:
    """Log of one plus how many users had each item in the recent and the latest days, (items + 1, 2) float32.

    Users rather than events: one user's hundred purchases say little about the others.
    """
    return np.log1p(np.stack([counts[RECENT_USERS], counts[LATEST_USERS]], axis=1)).astype(np.float32)


def weigh_popularity(model: TwoTower, data: TrainingData) -> tuple[Weights, float]:
    """The weights of popularity that suit the judges, and their NDCG@10 with them.

    The grid is climbed from what training used, a step of either weight at a time, until no neighbour is
    better. Of the weights of recent popularity from there on upwards the largest is taken that is worse by no
    more than one standard error (the rule of Breiman et al. 1984, "Classification and Regression Trees"):
    lists are made later than the validation part, where what the towers learned is staler and popularity is
    not.
    """
    if len(data.judges) == 0:
        return AS_TRAINED, math.nan
    queries = embed(model, data.judges.histories, data.users, data.params)
    vectors = model.item_vectors()
    biases = vectors[:, -1].copy()

    @cache
    def ndcg(weights: Weights) -> np.ndarray:
        vectors[:, -1] = biases + bias_shift(model, data, "validation", weights)
        return judged(queries, vectors, data.judges)

    best = top_of_the_grid(ndcg)
    chosen = within_an_error(ndcg, best)
    logger.info(
        "popularity of %d days weighs %.2f, of %d days %.2f: validation NDCG@10 %.4f (best: %.4f at %.2f)",
        *(data.params.recent_days, chosen[0], data.params.latest_days, chosen[1]),
        *(ndcg(chosen).mean(), ndcg(best).mean(), best[0]),
    )
    return chosen, float(ndcg(chosen).mean())


def top_of_the_grid(ndcg: Callable[[Weights], np.ndarray]) -> Weights:
    """The weights, climbed to from AS_TRAINED, of which no neighbour has a higher mean NDCG (judges,)."""
    best, before = AS_TRAINED, None
    while best != before:
        # of equal ones the one that is kept is where the climb stands
        before, best = best, max([best, *neighbours(best)], key=lambda weights: float(ndcg(weights).mean()))
    return best


def within_an_error(ndcg: Callable[[Weights], np.ndarray], best: Weights) -> Weights:
    """The largest weight of recent popularity that is worse than `best` by at most one standard error."""
    chosen = best
    for recent in RECENT_WEIGHTS[RECENT_WEIGHTS.index(best[0]) + 1 :]:
        worse = paired_difference(ndcg(best), ndcg((recent, best[1])))
        if not worse.standard_error or worse.ndcg > worse.standard_error:
            break
        chosen = recent, best[1]
    return chosen


def neighbours(weights: Weights) -> Iterator[Weights]:
    """The weights a step away in one of the two grids."""
    recent, latest = RECENT_WEIGHTS.index(weights[0]), LATEST_WEIGHTS.index(weights[1])
    for step in (-1, 1):
        if 0 <= recent + step < len(RECENT_WEIGHTS):
            yield RECENT_WEIGHTS[recent + step], weights[1]
        if 0 <= latest + step < len(LATEST_WEIGHTS):
            yield weights[0], LATEST_WEIGHTS[latest + step]

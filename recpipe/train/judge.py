"""How good a model is: its vectors, full ranking for the judges, and whether it says anything."""

import math

import numpy as np
import tensorflow as tf

from recpipe.core.errors import StageError
from recpipe.core.metrics import hits, ndcg_at_k
from recpipe.core.retrieval import top_k
from recpipe.core.snapshot import Histories
from recpipe.core.vocabulary import Vocabulary
from recpipe.train.data import TrainingData
from recpipe.train.inputs import encoder_inputs
from recpipe.train.judges import Judges
from recpipe.train.settings import Settings
from recpipe.train.two_tower import TwoTower

JUDGED_AT = 10
QUERY_BLOCK = 1024
COLLAPSED = 1e-6  # largest range of a coordinate below which vectors count as one


def judge(model: TwoTower, data: TrainingData, params: Settings) -> float:
    """Mean NDCG@10 over the judges by full ranking, what they have seen excluded; NaN without judges."""
    if len(data.judges) == 0:
        return math.nan
    queries = embed(model, data.judges.histories, data.users, params)
    return judge_vectors(queries, model.item_vectors(), data.judges)


def judge_vectors(queries: np.ndarray, vectors: np.ndarray, judges: Judges) -> float:
    """Mean NDCG@10 of the judges, query vectors (judges, d), item vectors (items + 1, d)."""
    return float(judged(queries, vectors, judges).mean())


def judged(queries: np.ndarray, vectors: np.ndarray, judges: Judges) -> np.ndarray:
    """NDCG@10 of each judge, (judges,) float64; the rest as in `judge_vectors`."""
    best = top_k(queries, vectors, JUDGED_AT, excluded=judges.seen)
    return ndcg_at_k(hits(best.indices, judges.relevant), judges.relevant.lengths, JUDGED_AT)


def embed(model: TwoTower, histories: Histories, users: Vocabulary, params: Settings) -> np.ndarray:
    """Query vectors of n users, (n, dimension + 1)."""
    inputs = encoder_inputs(model.encoder.reads, histories, params.max_history, users, model.encoder.codes)
    blocks = []
    for at in range(0, len(histories), QUERY_BLOCK):
        block = {name: tf.constant(values[at : at + QUERY_BLOCK]) for name, values in inputs.items()}
        blocks.append(model.query_vectors(block).numpy())
    return np.concatenate(blocks)


def check_collapse(model: TwoTower, data: TrainingData, params: Settings) -> None:
    """Raise StageError where the model says nothing: numbers that are none, one vector for all."""
    some = data.histories.take(np.arange(min(len(data.histories), QUERY_BLOCK)))
    queries, items = embed(model, some, data.users, params), model.item_vectors()[1:]
    for name, vectors in (("query", queries), ("item", items)):
        if not np.isfinite(vectors).all():
            raise StageError(f"training: {name} vectors hold NaN or infinity", "Lower train.learning_rate.")
        if len(vectors) > 1 and np.ptp(vectors, axis=0).max() < COLLAPSED:
            raise StageError(
                f"training collapsed: all {len(vectors)} {name} vectors are the same",
                "Lower train.learning_rate or train.dropout.",
            )

"""Item-kNN: an item scores by its similarity to what the user had (package implicit)."""

import warnings

import numpy as np
from scipy.sparse import csr_matrix

from recpipe.core.known import Known
from recpipe.evaluate.peers.contract import Peer, Score, Setting
from recpipe.evaluate.peers.popularity import DAYS

SIMILARITIES = {"cosine": "CosineRecommender", "tf-idf": "TFIDFRecommender", "bm25": "BM25Recommender"}
"""How a similarity is called here, and in implicit."""

NEIGHBOURS = (5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 500, 1000, 2000)


def item_knn(known: Known, setting: Setting) -> Score:
    """Sum the similarities of the `neighbours` nearest to each of the user's items.

    counts, half_life: as `Known.counts`, of what users had; similarity: cosine of these counts, or of
    counts weighed by tf-idf or BM25.
    """
    from implicit import nearest_neighbours
    from implicit.utils import ParameterWarning

    kind = getattr(nearest_neighbours, SIMILARITIES[str(setting["similarity"])])
    model = kind(K=int(setting["neighbours"]))
    history = known.counts(str(setting["counts"]), float(setting.get("half_life", 1)))
    # implicit multiplies with *, which means another thing for an array
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterWarning)  # of a conversion inside implicit
        model.fit(csr_matrix(history, dtype=np.float64), show_progress=False)
    similarity = csr_matrix(model.similarity, dtype=np.float32)
    return lambda users: (history[users] @ similarity).toarray()


PEERS = (
    Peer(
        "item-kNN",
        item_knn,
        (
            {"similarity": "cosine", "neighbours": 100, "counts": "binary"},
            {"similarity": "cosine", "neighbours": 100, "counts": "log decayed", "half_life": 60},
        ),
        {"similarity": tuple(SIMILARITIES), "neighbours": NEIGHBOURS, "half_life": DAYS},
    ),
)

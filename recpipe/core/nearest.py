"""The best items found among those near a query, instead of among all: an index of faiss (extra `faiss`).

An index of inner products finds little where vectors differ in length, as they do with biases (recall@100
.69 on Complete Journey). So items get one more dimension that makes them equally long, and the nearest by
Euclidean distance are the best by inner product: Bachrach et al., "Speeding up the Xbox recommender system
using a Euclidean transformation for inner-product spaces" (RecSys 2014).
"""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from recpipe.core.errors import ParameterError
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import TopK, top_k

if TYPE_CHECKING:
    import faiss

Kind = Literal["flat", "hnsw", "ivf"]
NEIGHBOURS = 32  # of an item in the graph of HNSW
SEARCHED = 256  # how wide HNSW looks, in building and in searching
POINTS_PER_LIST = 256  # items of a list of IVF, about
LEARNED_POINTS_PER_LIST = 64  # of them that say where a list's centre is
PROBED_SHARE = 0.03  # of these lists that a search reads
CHUNK_QUERIES = 1024
"""Whose neighbours' scores are made at a time; bounds the memory, changes no result."""
DEEPER = 4
"""How many times more neighbours are asked for where excluded items took the places."""
DEEPEST = 0.01
"""Of all items, the share beyond which neighbours are no longer asked for: an exact search is as fast."""


def need_faiss(what: str) -> None:
    """Raise ParameterError, saying what asked for it, if faiss is not installed."""
    try:
        import faiss  # noqa: F401
    except ImportError:
        raise ParameterError(f"{what}: faiss is not installed", "pip install 'recpipe[faiss]'") from None


def built(vectors: np.ndarray, kind: Kind) -> "faiss.Index":
    """Return an index of item vectors (n, d); it is asked with `as_queries` and returns squared distances."""
    import faiss

    points = _equally_long(vectors)
    count, dimension = points.shape
    index: Any = faiss.IndexFlatL2(dimension)
    if kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, NEIGHBOURS)
        index.hnsw.efConstruction = index.hnsw.efSearch = SEARCHED
    elif kind == "ivf":
        lists = max(1, count // POINTS_PER_LIST)
        index = faiss.IndexIVFFlat(index, dimension, lists)
        index.nprobe = max(1, round(PROBED_SHARE * lists))
        index.cp.min_points_per_centroid = 1  # it would warn of a small catalogue
        index.cp.max_points_per_centroid = LEARNED_POINTS_PER_LIST
        index.train(points)
    index.add(points)
    return index


def as_queries(query_vectors: np.ndarray) -> np.ndarray:
    """Return query vectors (q, d) as the index is asked with, (q, d + 1) float32: with a 0 behind them."""
    return np.pad(query_vectors, ((0, 0), (0, 1))).astype(np.float32)


class NearestItems:
    """Searches the items that anybody may get, (n + 1,) bool, among item vectors (n + 1, d).

    Not exact: an item is missed if it lies in none of the lists that a search reads. Its scores are.
    """

    def __init__(self, item_vectors: np.ndarray, allowed: np.ndarray) -> None:
        self._vectors, self._allowed = item_vectors, allowed
        self._items = np.flatnonzero(allowed)
        self._index = built(np.ascontiguousarray(item_vectors[self._items], np.float32), "ivf")

    def top_k(self, query_vectors: np.ndarray, k: int, excluded: Ragged | None = None) -> TopK:
        """Return nearly the best k of each query (q, d), as `retrieval.top_k` does.

        Whoever is left with fewer than k, excluded items being near, is asked for more, at last exactly.
        """
        indices = np.zeros((len(query_vectors), k), np.int32)
        scores = np.full((len(query_vectors), k), -np.inf, np.float32)
        rows, asked = np.arange(len(query_vectors)), k if excluded is None else 2 * k
        most = max(k, DEEPEST * len(self._items))
        while len(rows) and k <= asked <= most:
            for chunk in np.array_split(rows, -(-len(rows) // CHUNK_QUERIES)):
                out = None if excluded is None else excluded.take(chunk)
                indices[chunk] = self._near(query_vectors[chunk], asked, out)[:, :k]
            rows, asked = rows[indices[rows, -1] == 0], DEEPER * asked
        for chunk in np.array_split(np.arange(len(indices)), -(-len(indices) // CHUNK_QUERIES)):
            indices[chunk], scores[chunk] = self._scored(query_vectors[chunk], indices[chunk])
        if len(rows):
            out = None if excluded is None else excluded.take(rows)
            exact = top_k(query_vectors[rows], self._vectors, k, excluded=out, allowed=self._allowed)
            indices[rows], scores[rows] = exact.indices, exact.scores
        return TopK(indices, scores)

    def _near(self, query_vectors: np.ndarray, asked: int, excluded: Ragged | None) -> np.ndarray:
        """Return the nearest items that are not excluded, nearest first, (q, asked) int32; 0 fills up."""
        places = self._index.search(as_queries(query_vectors), min(asked, len(self._items)))[1]
        found = np.zeros((len(places), asked), np.int32)
        found[:, : places.shape[1]] = np.where(places >= 0, self._items[places], 0)
        if excluded is None:
            return found
        near = Ragged(np.arange(len(found) + 1, dtype=np.int64) * asked, found.ravel())
        is_out = near.contained(excluded).reshape(found.shape) | (found == 0)
        fresh = np.argsort(is_out, axis=1, kind="stable")
        return np.take_along_axis(np.where(is_out, 0, found), fresh, axis=1)

    def _scored(self, query_vectors: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return items (q, k) by their scores, which distances tell with rounding, and the scores."""
        scores = np.einsum("qd,qkd->qk", query_vectors, self._vectors[items]).astype(np.float32)
        scores[items == 0] = -np.inf
        order = np.lexsort((items, -scores))
        return np.take_along_axis(items, order, axis=1), np.take_along_axis(scores, order, axis=1)


def _equally_long(vectors: np.ndarray) -> np.ndarray:
    """Item vectors (n, d) with one more component that makes all as long as the longest, (n, d + 1)."""
    squares = (vectors**2).sum(axis=1)
    return np.column_stack([vectors, np.sqrt(squares.max() - squares)]).astype(np.float32)

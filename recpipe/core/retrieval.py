"""Query vectors × item vectors -> the best k items, exactly; filters are applied inside the search."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.core.tiles import best_of_tiles, tile_rows

SCORE_BYTES = 64 * 2**20  # of one chunk's score matrix; TensorFlow holds about three of them at a time
MAX_CHUNK_ROWS = 1024


@dataclass(frozen=True)
class TopK:
    """The best items of each query, best first.

    indices: (q, k) int32 item indices; scores: (q, k) float32.
    Where fewer than k items are left: index 0 and score -inf.
    """

    indices: np.ndarray
    scores: np.ndarray


def top_k(
    query_vectors: np.ndarray,
    item_vectors: np.ndarray,
    k: int,
    *,
    excluded: Ragged | None = None,
    allowed: np.ndarray | None = None,
) -> TopK:
    """Exact top-k of `query_vectors` (q, d) among `item_vectors` (n + 1, d) by dot product.

    excluded: row i holds the item indices query i must not get (indices beyond the items are ignored).
    allowed: (n + 1,) bool, items any query may get. Row 0 (unknown) is never returned.
    Ties go to the lower index. Memory is bounded: queries and items are searched in tiles.
    """
    _check_shapes(query_vectors, item_vectors, excluded, allowed)
    may = np.ones(len(item_vectors), bool) if allowed is None else allowed.copy()
    may[0] = False
    kept = np.flatnonzero(may)
    # what nobody may get is not even scored
    some = item_vectors[1:] if len(kept) == len(item_vectors) - 1 else item_vectors[kept]
    vectors = np.ascontiguousarray(some, np.float32)
    indices = np.zeros((len(query_vectors), k), dtype=np.int32)
    scores = np.full((len(query_vectors), k), -np.inf, dtype=np.float32)
    found = min(k, len(kept))
    if found == 0:
        return TopK(indices, scores)
    place = np.full(len(item_vectors), -1, np.int64)
    place[kept] = np.arange(len(kept))
    rows = tile_rows(len(kept), found)
    for start in range(0, len(query_vectors), rows):
        chunk = slice(start, min(start + rows, len(query_vectors)))
        barred = _barred_pairs(excluded, chunk, place)
        queries = np.ascontiguousarray(query_vectors[chunk], np.float32)
        which, scores[chunk, :found] = best_of_tiles(queries, vectors, found, *barred)
        indices[chunk, :found] = kept[which]
    indices[np.isneginf(scores)] = 0
    return TopK(indices, scores)


def log_normalizers(query_vectors: np.ndarray, item_vectors: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Log of the sum of exp(query · item) over the allowed items, (q,) float32: the softmax's denominator.

    Shapes as in `top_k`. Memory is bounded: queries are taken in chunks.
    """
    _check_shapes(query_vectors, item_vectors, None, allowed)
    total, items = _total(), _as_tensor(item_vectors[allowed])
    found = np.empty(len(query_vectors), np.float32)
    rows = chunk_rows(len(item_vectors))
    for start in range(0, len(query_vectors), rows):
        chunk = slice(start, start + rows)
        found[chunk] = total(_as_tensor(query_vectors[chunk]), items).numpy()
    return found


def chunk_rows(item_count: int) -> int:
    """How many queries are summed at once, so that their scores stay within SCORE_BYTES."""
    return max(1, min(MAX_CHUNK_ROWS, SCORE_BYTES // (4 * item_count)))


def _check_shapes(
    queries: np.ndarray, items: np.ndarray, excluded: Ragged | None, allowed: np.ndarray | None
) -> None:
    if queries.ndim != 2 or items.ndim != 2 or queries.shape[1] != items.shape[1] or len(items) == 0:
        raise ValueError(f"vectors do not fit: queries {queries.shape}, items {items.shape}")
    if excluded is not None and len(excluded) != len(queries):
        raise ValueError(f"{len(queries)} queries but {len(excluded)} rows of excluded items")
    if allowed is not None and allowed.shape != (len(items),):
        raise ValueError(f"the allowed mask has shape {allowed.shape}, expected ({len(items)},)")


def _barred_pairs(excluded: Ragged | None, chunk: slice, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Queries within the chunk and the items that they must not get, by their place among those scored."""
    if excluded is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows = excluded.take(np.arange(chunk.start, chunk.stop))
    known = rows.where(rows.values < len(place))
    places = place[known.values]
    return known.row_numbers[places >= 0], places[places >= 0]


def _as_tensor(vectors: np.ndarray) -> Any:
    import tensorflow as tf

    return tf.constant(vectors, dtype=tf.float32)


@cache
def _total() -> Any:
    """The compiled sum, traced once for all shapes."""
    import tensorflow as tf

    def total(queries: Any, items: Any) -> Any:
        return tf.reduce_logsumexp(tf.matmul(queries, items, transpose_b=True), axis=1)

    vectors = tf.TensorSpec([None, None], tf.float32)
    return tf.function(total, input_signature=[vectors, vectors])

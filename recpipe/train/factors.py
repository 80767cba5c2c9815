"""Item vectors to start from: a truncated singular value decomposition of who had what."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from recpipe.core.snapshot import Histories

SMALLEST = 1e-6
"""Singular values below such a share of the largest are zeros, told with the error of the arithmetic."""


def item_factors(histories: Histories, item_count: int, dimension: int, seed: int) -> np.ndarray:
    """Vectors of items that the same users had, near to each other: (item_count + 1, dimension) float32.

    U S Vᵀ, the best approximation of the matrix of log counts, users × items, by `dimension` components; an
    item's vector is its row of V √S, made as long as all others: the mean of its squares is 1. Items
    without events, the unknown one (0), and components beyond the matrix's rank are zeros. A component's
    sign is such that its largest number is positive, so the same events and seed give the same numbers.
    """
    counts = _log_counts(histories, item_count)
    smaller = min(counts.shape)
    kept = min(dimension, smaller - 1)
    factors = np.zeros((item_count + 1, dimension), dtype=np.float32)
    if kept < 1 or counts.nnz == 0:
        return factors
    begin = np.random.default_rng(seed).standard_normal(smaller)
    _, sizes, components = svds(counts, k=kept, v0=begin)
    strongest = np.argsort(-sizes, kind="stable")
    strongest = strongest[sizes[strongest] > SMALLEST * sizes.max()]
    sizes, components = sizes[strongest], components[strongest]
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    vectors = (components * np.where(largest < 0, -1, 1) * np.sqrt(sizes)[:, None]).T
    occurs = counts.sum(axis=0) > 0
    # as long as each other: the length of an item's vector is its popularity, which the bias tells already
    lengths = np.sqrt((vectors[occurs] ** 2).mean(axis=1, keepdims=True))
    factors[1:, : len(sizes)][occurs] = vectors[occurs] / np.maximum(lengths, SMALLEST)
    return factors


def _log_counts(histories: Histories, item_count: int) -> csr_array:
    """log(1 + events) of each user with each known item, (users, items)."""
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    is_known = histories.items > 0
    places = rows[is_known], histories.items[is_known] - 1
    ones = np.ones(int(is_known.sum()))
    counts = csr_array((ones, places), shape=(len(histories), item_count))
    counts.sum_duplicates()
    counts.data = np.log1p(counts.data)
    return counts

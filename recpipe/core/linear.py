"""EASE and ridge: a linear model from items to items, solved at once, by the smaller side.

Steck, "Embarrassingly shallow autoencoders for sparse data" (2019): with P = (λI + XᵀX)⁻¹ the weights are
B = I - P / diag(P), whose diagonal is zero. Ridge keeps the diagonal: B = I - λP. Where users are fewer
than items, Woodbury's identity gives both from K = (λI + XXᵀ)⁻¹: of any row y, with a = y Xᵀ K X, ridge
scores a, and EASE (aⱼ - yⱼeⱼ) / (1 - eⱼ), where eⱼ = xⱼᵀKxⱼ for the column xⱼ of X.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.linalg import inv
from scipy.sparse import csr_array

Diagonal = Literal["zero", "kept"]
ITEM_BLOCK = 4096

Linear = Callable[[csr_array], np.ndarray]
"""Rows of counts, u × items, of anybody -> scores of all items, (u, items) float32."""


def linear(counts: csr_array, l2: float, diagonal: Diagonal) -> Linear:
    """Solve by the smaller side; counts: users × items."""
    users, items = counts.shape
    return (by_users if users < items else by_items)(counts, l2, diagonal)


def by_items(counts: csr_array, l2: float, diagonal: Diagonal) -> Linear:
    """Solve with an items × items inverse."""
    gram = (counts.T @ counts).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += l2
    inverse = inv(gram, overwrite_a=True, check_finite=False)
    # the diagonal of I - P / diag(P) is zero, that of I - λP is not
    weights = -inverse / np.diag(inverse) if diagonal == "zero" else -l2 * inverse
    weights[np.diag_indices_from(weights)] = 0 if diagonal == "zero" else 1 - l2 * np.diag(inverse)
    weights = weights.astype(np.float32)
    return lambda rows: np.asarray(rows @ weights)


def by_users(counts: csr_array, l2: float, diagonal: Diagonal) -> Linear:
    """Solve with a users × users inverse."""
    user_items = counts.astype(np.float64)
    gram = (user_items @ user_items.T).toarray()
    gram[np.diag_indices_from(gram)] += l2
    inverse = inv(gram, overwrite_a=True, check_finite=False)
    item_users = counts.T.tocsr().astype(np.float32)
    own = explained(item_users, inverse) if diagonal == "zero" else np.zeros(counts.shape[1])
    scale = (1 / (1 - own)).astype(np.float32)
    own = (own * scale).astype(np.float32)

    def score(rows: csr_array) -> np.ndarray:
        # in float64: the products are large, and what is left of them small
        parts = (rows.astype(np.float64) @ user_items.T).toarray() @ inverse
        scores = np.ascontiguousarray((item_users @ parts.T.astype(np.float32)).T)
        scores *= scale
        places = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        scores[places, rows.indices] -= rows.data * own[rows.indices]
        return scores

    return score


def explained(item_users: csr_array, inverse: np.ndarray) -> np.ndarray:
    """Return xⱼᵀKxⱼ of each item j, (items,) in [0, 1), in blocks of items."""
    parts = []
    for at in range(0, item_users.shape[0], ITEM_BLOCK):
        block = item_users[at : at + ITEM_BLOCK]
        rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        products = block.data * (block @ inverse)[rows, block.indices]
        parts.append(np.bincount(rows, products, minlength=block.shape[0]))
    return np.concatenate(parts)

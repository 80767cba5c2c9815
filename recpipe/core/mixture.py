"""Two views of a user in one list: what a model expects of all items, and which of the own ones come again.

A mixture of two distributions, as of a language model and a cache of what was said before: Grave, Joulin &
Usunier, "Improving neural language models with a continuous cache" (2017), equation 6.
"""

from dataclasses import dataclass

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import TopK, log_normalizers, top_k

PAIR_BLOCK = 65_536


@dataclass(frozen=True)
class Mixture:
    """What is needed to list the best k items of q queries by p = w · p_own + (1 - w) · p_all, for any w.

    p_all is the softmax of query · item over all allowed items. listed: q rows, the best k items by it;
    own: q rows, distinct items. log_totals: (q,), the logarithm of p_all's denominator. log_all_listed,
    log_all_own, log_own: natural logarithms of the probabilities of their values, float64.
    """

    k: int
    listed: Ragged
    own: Ragged
    log_totals: np.ndarray
    log_all_listed: np.ndarray
    log_all_own: np.ndarray
    log_own: np.ndarray

    @classmethod
    def of(
        cls,
        query_vectors: np.ndarray,
        item_vectors: np.ndarray,
        k: int,
        own: Ragged,
        log_own: np.ndarray,
        allowed: np.ndarray | None = None,
        excluded: Ragged | None = None,
        among: np.ndarray | None = None,
    ) -> "Mixture":
        """Prepare lists of queries (q, d) among items (n + 1, d), row 0 unknown.

        own: q rows of distinct items; log_own: log-probability of each of its values. `allowed` and
        `excluded` as in `top_k`: what is not allowed is left out, and so is, of one list only, what is
        excluded; that changes no probability. among: (n + 1,) bool, of these alone lists are made, None for
        all; that changes no probability either.
        """
        may = np.ones(len(item_vectors), bool) if allowed is None else allowed.copy()
        may[0] = False
        own, log_own = own.where(may[own.values]), log_own[may[own.values]]
        may_list = may if among is None else may & among
        if among is not None:
            stays = may_list[own.values]
            own, log_own = own.where(stays), log_own[stays]
        if excluded is not None:
            stays = ~own.contained(excluded)
            own, log_own = own.where(stays), log_own[stays]
        best = top_k(query_vectors, item_vectors, k, excluded=excluded, allowed=may_list)
        listed = Ragged(np.arange(len(best.indices) + 1, dtype=np.int64) * k, best.indices.ravel())
        # an own item is not listed twice, and an empty place is no item
        is_other = (listed.values > 0) & ~listed.contained(own)
        totals = log_normalizers(query_vectors, item_vectors, may).astype(np.float64)
        others = listed.where(is_other)
        return cls(
            k=k,
            listed=others,
            own=own,
            log_totals=totals,
            log_all_listed=best.scores.ravel()[is_other] - totals[others.row_numbers],
            log_all_own=_products(query_vectors, item_vectors, own) - totals[own.row_numbers],
            log_own=log_own.astype(np.float64),
        )

    def log_mixed(self, weight: float, items: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return log p, (q, m) float64, of `items` (q, m) whose query · item is `scores` (q, m)."""
        rows = np.broadcast_to(np.arange(len(items))[:, None], items.shape)
        stride = int(max(items.max(initial=0), self.own.values.max(initial=0))) + 1
        pairs = self.own.row_numbers * stride + self.own.values
        order = np.argsort(pairs)
        sought = rows * stride + items
        place = np.minimum(np.searchsorted(pairs[order], sought), len(pairs) - 1)
        of_all = np.log1p(-weight) + scores - self.log_totals[:, None]
        if len(pairs) == 0:
            return of_all
        is_own = pairs[order][place] == sought
        with np.errstate(divide="ignore"):  # as in `top_k`
            of_own = np.log(weight) + self.log_own[order][place]
        return np.where(is_own, np.logaddexp(of_own, of_all), of_all)

    def top_k(self, weight: float) -> TopK:
        """Return the best k items with w = `weight` in [0, 1); scores are log p. Ties go to the lower index.

        Exact: an item that is not an own one has (1 - w) · p_all, so only the k best of these can be among
        the best k.
        """
        with np.errstate(divide="ignore"):  # a weight of 0 has the logarithm -inf, as it should
            of_own, of_all = np.log(weight), np.log1p(-weight)
        mixed = np.logaddexp(of_own + self.log_own, of_all + self.log_all_own)
        scores = np.concatenate([of_all + self.log_all_listed, mixed])
        items = np.concatenate([self.listed.values, self.own.values])
        rows = np.concatenate([self.listed.row_numbers, self.own.row_numbers])
        order = np.lexsort((items, -scores, rows))
        lengths = self.listed.lengths + self.own.lengths
        place = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        kept = order[place < self.k]
        where = rows[kept], place[place < self.k]
        result = TopK(
            np.zeros((len(lengths), self.k), np.int32),
            np.full((len(lengths), self.k), -np.inf, np.float32),
        )
        result.indices[where], result.scores[where] = items[kept], scores[kept]
        return result


def _products(queries: np.ndarray, items: np.ndarray, pairs: Ragged) -> np.ndarray:
    """Query · item of each value of `pairs`, (len(values),) float64; memory is bounded."""
    rows = pairs.row_numbers
    found = np.empty(len(rows), np.float64)
    for start in range(0, len(rows), PAIR_BLOCK):
        some = slice(start, start + PAIR_BLOCK)
        found[some] = np.einsum("md,md->m", queries[rows[some]], items[pairs.values[some]])
    return found

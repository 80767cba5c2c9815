"""What lists are like beside being right: how much of the catalogue, how popular, how varied, for whom.

Novelty and diversity inside a list: Vargas & Castells, "Rank and relevance in novelty and diversity metrics
for recommender systems" (2011). Popularity lift: Abdollahpouri et al., "The unfairness of popularity bias in
recommendation" (2019).
"""

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_array

from recpipe.core.bootstrap import Interval, mean_interval, mean_intervals
from recpipe.core.metrics import hits, recall_at_k
from recpipe.core.ragged import Ragged
from recpipe.evaluate.audience import Audience

Told = Interval | float | None
"""A mean over users with its interval, a figure of all lists together, or None where nobody can be asked."""

TOP_SHARE = 0.01


def beyond(
    lists: np.ndarray, asked: Audience, spaces: Mapping[str, csr_array | np.ndarray]
) -> dict[str, Told]:
    """Return every figure of the lists (u, k) of item indices, 0 where a list ends.

    spaces: name -> (items + 1, d) in which the items of a list are near or far, see `diversity`.
    """
    shown = exposure(lists, asked.items)
    right, found = asked.relevant, hits(lists, asked.relevant)
    late = right.where(asked.is_late[right.values])
    late_recall = recall_at_k(found & asked.is_late[lists], late.lengths, lists.shape[1])
    recall = recall_at_k(found, right.lengths, lists.shape[1])
    by_user = {
        "novelty (bits)": novelty(lists, asked),
        **{f"diversity by {name}": diversity(lists, space) for name, space in spaces.items()},
        "popularity lift": popularity_lift(lists, asked),
        "repeat share": repeat_share(lists, asked.seen),
    }
    return {
        "coverage": float((shown > 0).mean()),
        "Gini": gini(shown),
        "share of the top 1 %": top_share(shown),
        **_means(by_user),
        "cold-user recall": _mean(recall[asked.events == 0]),
        "cold-item recall": _mean(late_recall[late.lengths > 0]),
    }


def exposure(lists: np.ndarray, items: int) -> np.ndarray:
    """Return in how many lists each item stands, (items,) int64."""
    return np.bincount(lists.ravel(), minlength=items + 1)[1:]


def gini(shown: np.ndarray) -> float:
    """Return how unevenly places are dealt out: 0 all items alike, towards 1 all places to one of many items.

    >>> gini(np.array([1, 1, 1, 1])), gini(np.array([0, 0, 0, 4]))
    (0.0, 0.75)
    """
    ascending = np.sort(shown).astype(np.float64)
    n, total = len(ascending), ascending.sum()
    return float((2 * np.arange(1, n + 1) - n - 1) @ ascending / (n * total)) if total else 0.0


def top_share(shown: np.ndarray) -> float:
    """Return the share of all places that the 1 % of the items shown most have (at least one item).

    >>> top_share(np.array([3, 1, 0, 0]))
    0.75
    """
    count = max(1, round(TOP_SHARE * len(shown)))
    return float(np.sort(shown)[-count:].sum() / shown.sum()) if shown.any() else 0.0


def novelty(lists: np.ndarray, asked: Audience) -> np.ndarray:
    """Self-information of a list's items, (u,) bits: the mean of -log2 of the share of people who had it.

    An item that nobody had counts as one that one person more had. NaN for an empty list.
    """
    bits = -np.log2((asked.holders + 1) / (asked.users + 1))
    return _mean_of_items(lists, bits)


def diversity(lists: np.ndarray, space: csr_array | np.ndarray) -> np.ndarray:
    """1 - the mean cosine of the pairs of a list, (u,): 0 all alike, 1 nothing in common; NaN below two.

    space: (items + 1, d), a vector an item; where it is zero, the item has nothing in common with any.
    """
    norms = np.sqrt(np.asarray((space * space).sum(axis=1))).ravel()
    scale = np.divide(1, norms, out=np.zeros_like(norms, np.float64), where=norms > 0)
    listed = _incidence(lists, len(norms))
    # the sum over all ordered pairs of x̂·ŷ is |Σ x̂|² - Σ |x̂|²
    weighed = listed.multiply(scale[None, :]).tocsr()
    sums = weighed @ space
    squares = np.asarray((sums * sums).sum(axis=1)).ravel() - listed @ (scale > 0).astype(np.float64)
    counts = (lists > 0).sum(axis=1)
    pairs = counts * (counts - 1)
    return 1 - np.divide(squares, pairs, out=np.full(len(lists), np.nan), where=pairs > 0)


def popularity_lift(lists: np.ndarray, asked: Audience) -> np.ndarray:
    """Mean popularity of a list's items by that of the user's history, minus 1, (u,); NaN without either."""
    rows = asked.seen.row_numbers
    known = (asked.seen.values > 0) & (asked.seen.values <= asked.items)
    own = np.bincount(rows[known], asked.holders[asked.seen.values[known]], minlength=len(lists))
    counts = np.bincount(rows[known], minlength=len(lists))
    history = np.divide(own, counts, out=np.full(len(lists), np.nan), where=counts > 0)
    return _mean_of_items(lists, asked.holders) / history - 1


def repeat_share(lists: np.ndarray, seen: Ragged) -> np.ndarray:
    """Share of a list that the user had before, (u,); NaN for an empty list."""
    counts = (lists > 0).sum(axis=1)
    return np.divide(hits(lists, seen).sum(axis=1), counts, out=np.full(len(lists), np.nan), where=counts > 0)


def _mean_of_items(lists: np.ndarray, values: np.ndarray) -> np.ndarray:
    counts = (lists > 0).sum(axis=1)
    sums = np.where(lists > 0, values[lists], 0).sum(axis=1)
    return np.divide(sums, counts, out=np.full(len(lists), np.nan), where=counts > 0)


def _incidence(lists: np.ndarray, columns: int) -> csr_array:
    rows, places = np.nonzero(lists)
    return csr_array((np.ones(len(rows)), (rows, lists[rows, places])), shape=(len(lists), columns))


def _means(by_user: Mapping[str, np.ndarray]) -> dict[str, Told]:
    """Return the means of what is told of every user together, and of what is not one by one."""
    whole = [name for name, values in by_user.items() if not np.isnan(values).any()]
    found: dict[str, Told] = {name: _mean(values) for name, values in by_user.items() if name not in whole}
    if whole:
        columns = np.stack([by_user[name] for name in whole], axis=1)
        found |= dict(zip(whole, mean_intervals(columns), strict=True))
    return {name: found[name] for name in by_user}


def _mean(by_user: np.ndarray) -> Interval | None:
    told = by_user[~np.isnan(by_user)]
    return mean_interval(told) if len(told) else None

"""What is known of a user and an item together, and of the user alone, at the moment lists are made."""

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.rank.past import Asked, Past

HALF_LIVES_DAYS = (7.0, 30.0, 90.0)
PAIR_NAMES = (
    "pair_count",
    *(f"pair_decayed_{days:.0f}" for days in HALF_LIVES_DAYS),
    "pair_days_since_last",
    "pair_days_since_first",
    "pair_mean_gap_days",
    "pair_due",
)
"""Of the user's events with the item: how many, the same decayed, days since the last and the first, mean
days between them, and days since the last in units of these. Counts 0, the rest NaN where there were none."""
USER_NAMES = (
    "user_log_events",
    "user_log_items",
    "user_days_since_last",
    "user_events_per_item",
    "user_mean_log_popularity",
    "user_mean_price_position",
)
"""Of the user's history: its length, different items, days since its end, and what its items are like."""


def pair_features(asked: Asked, items: Ragged) -> np.ndarray:
    """Return (c, len(PAIR_NAMES)) float32 for the c values of `items`."""
    known = asked.known
    width = known.items + 1
    keys = known.rows * width + known.columns + 1
    order = np.argsort(keys, kind="stable")
    keys, days = keys[order], known.days[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    table = np.full((len(first) + 1, len(PAIR_NAMES)), np.nan, np.float32)
    table[-1, :4] = 0
    if len(first):
        last = np.append(first[1:], len(keys)) - 1
        counts = last - first + 1
        gap = (days[first] - days[last]) / np.maximum(counts - 1, 1)
        table[:-1, 0] = counts
        for place, half_life in enumerate(HALF_LIVES_DAYS, start=1):
            table[:-1, place] = np.add.reduceat(np.exp2(-days / half_life), first)
        table[:-1, 4], table[:-1, 5] = days[last], days[first]
        table[:-1, 6] = np.where(counts > 1, gap, np.nan)
        table[:-1, 7] = np.where(counts > 1, (days[last] + 1) / (gap + 1), np.nan)
    distinct, sought = keys[first], items.row_numbers * width + items.values
    place = np.searchsorted(distinct, sought)
    found = np.append(distinct, -1)[place] == sought
    return table[np.where(found, place, len(first))]


def user_features(asked: Asked, past: Past, log_popularity: np.ndarray) -> np.ndarray:
    """Return (n, len(USER_NAMES)) float32; log_popularity: (items + 1,)."""
    known, users = asked.known, len(asked)
    events = np.bincount(known.rows, minlength=users)
    items = np.diff(known.counts("binary").indptr)
    last = np.full(users, np.nan)
    last[known.rows] = known.days  # the oldest come first, so the newest stays
    columns = [
        np.log1p(events),
        np.log1p(items),
        last,
        events / np.maximum(items, 1),
        _mean(known.rows, log_popularity[known.columns + 1], users),
        _mean(known.rows, past.price_position[known.columns + 1], users),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _mean(rows: np.ndarray, values: np.ndarray, users: int) -> np.ndarray:
    """Mean of the known values of each row, (users,), NaN where there are none."""
    is_known = ~np.isnan(values)
    sums = np.bincount(rows[is_known], values[is_known], minlength=users)
    counts = np.bincount(rows[is_known], minlength=users)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)

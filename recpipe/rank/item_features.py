"""What is known of each item at a moment, whoever is asked."""

import numpy as np

from recpipe.rank.past import Past

DAYS = (3, 7, 14, 30, 90)
NAMES = (
    *(f"item_log_users_{days}" for days in DAYS),
    "item_log_users",
    "item_trend_week",
    "item_trend_month",
    "item_age_days",
    "item_days_since_last",
    "item_log_events_per_user",
    "item_repeat_rate",
    "item_price_position",
)
"""log_users_d: log(1 + users who had it in the last d days). trend: log of users in the last 7 days against
what the last 30 let expect, and 30 against 90, each with one added. repeat_rate: share of its users who had
it more than once."""


def item_features(past: Past) -> np.ndarray:
    """Return (items + 1, len(NAMES)) float32; NaN where nothing is known."""
    width, pairs = past.items + 1, past.pairs
    users = {days: past.users_of_late(days) for days in DAYS}
    ever = np.bincount(pairs.items, minlength=width)
    events = np.bincount(past.known.columns + 1, minlength=width)
    oldest, newest = np.full(width, np.nan), np.full(width, np.nan)
    order = np.argsort(past.ages, kind="stable")
    newest[past.known.columns[order[::-1]] + 1] = past.ages[order[::-1]]
    oldest[past.known.columns[order] + 1] = past.ages[order]
    again = np.bincount(pairs.items[pairs.events > 1], minlength=width)
    columns = [
        *(np.log1p(users[days]) for days in DAYS),
        np.log1p(ever),
        np.log((users[7] + 1) / (users[30] * 7 / 30 + 1)),
        np.log((users[30] + 1) / (users[90] / 3 + 1)),
        oldest,
        newest,
        np.log((events + 1) / (ever + 1)),
        again / np.maximum(ever, 1),
        past.price_position,
    ]
    return np.stack(columns, axis=1).astype(np.float32)

"""How sure a mean over users is: intervals by resampling the users of a test.

Efron & Tibshirani, "An Introduction to the Bootstrap" (1993), ch. 13: percentile intervals. Widened for few
users as in Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), §4.3: a percentile interval
alone is too narrow by the factor √(u / (u - 1)) and by that of Student's t.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

RESAMPLES = 1000
CONFIDENCE = 0.95

CHUNK_DRAWS = 2_000_000
"""Users drawn at a time, of several resamples together; bounds the memory, changes no draw."""


@dataclass(frozen=True)
class Interval:
    """An estimate and the bounds between which it would lie on other users like these.

    low and high are infinite with a single user, of whom nothing can be said.

    >>> str(Interval(0.0024, 0.0010, 0.0038))
    '0.0024 [0.0010, 0.0038]'
    """

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:.4f} [{self.low:.4f}, {self.high:.4f}]"


def mean_interval(
    scores: np.ndarray, *, confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Return the mean over u users and its interval: (u,) -> one."""
    return mean_intervals(scores[:, None], confidence=confidence, resamples=resamples, seed=seed)[0]


def mean_intervals(
    scores: np.ndarray, *, confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = 0
) -> list[Interval]:
    """Return the means over u users and their intervals: (u, m) -> m, all of the same resamples."""
    found = resampled_means(scores, resamples=resamples, seed=seed)
    return intervals_of(scores.mean(axis=0), found, len(scores), confidence=confidence)


def difference_interval(
    one: np.ndarray,
    other: np.ndarray,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Return by how much the mean of `one` exceeds that of `other`: (u,) and (u,), the same users in order.

    Paired: what makes a user easy or hard for both cancels out. Raises ValueError if the shapes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"scores of {one.shape} and {other.shape} users cannot be paired")
    return mean_interval(one - other, confidence=confidence, resamples=resamples, seed=seed)


def resampled_means(scores: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """Return the means over users drawn with replacement: (u, m) -> (resamples, m) float64.

    The same `seed` and number of users draw the same users, whatever their scores. Raises ValueError
    without users.
    """
    users = len(scores)
    if not users:
        raise ValueError("a mean over no users has no interval")
    values = np.ascontiguousarray(scores, np.float64)
    return np.concatenate([counts @ values for counts in _counts(users, resamples, seed)]) / users


def intervals_of(
    estimates: np.ndarray, resampled: np.ndarray, users: int, *, confidence: float = CONFIDENCE
) -> list[Interval]:
    """Return the intervals of m statistics over `users` users: (m,) and their (r, m) resampled values."""
    if users < 2:
        return [Interval(float(estimate), -np.inf, np.inf) for estimate in estimates]
    tail = _tail(confidence, users)
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return [Interval(*map(float, found)) for found in zip(estimates, low, high, strict=True)]


def _counts(users: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each user is drawn, (r, users) float64: rows of multinomial counts, chunk by chunk."""
    random = np.random.default_rng(seed)
    rows = max(1, CHUNK_DRAWS // users)
    for first in range(0, resamples, rows):
        count = min(rows, resamples - first)
        drawn = random.integers(0, users, (count, users), np.int64)
        drawn += np.arange(count)[:, None] * users
        yield np.bincount(drawn.ravel(), minlength=count * users).reshape(count, users).astype(np.float64)


def _tail(confidence: float, users: int) -> float:
    """Return the share of resamples beyond each bound: (1 - confidence) / 2 for many users, less for few."""
    freedom = users - 1
    t = stdtrit(freedom, (1 - confidence) / 2)
    return float(ndtr(t * np.sqrt(users / freedom)))

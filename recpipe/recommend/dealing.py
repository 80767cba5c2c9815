"""Chance that comes again: numbers that follow from a key and a user's id, whatever else is there."""

import hashlib
from collections.abc import Sequence

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)


def user_hashes(user_ids: np.ndarray, key: str) -> np.ndarray:
    """Return a number of 64 bits for each of n users, (n,) uint64: BLAKE2 of the id, keyed."""
    secret = hashlib.blake2b(key.encode(), digest_size=32).digest()
    digests = (hashlib.blake2b(user.encode(), digest_size=8, key=secret).digest() for user in user_ids)
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)


def buckets(user_ids: np.ndarray, key: str, percents: Sequence[int]) -> np.ndarray:
    """Deal n users to buckets of `percents` (which add up to 100) of them, (n,) bucket numbers.

    A user stays in a bucket as long as key and percents do, whoever else comes or goes. Where percents
    change, those move that lie between the old bounds and the new.
    """
    hundredths = user_hashes(user_ids, f"buckets {key}") % np.uint64(100)
    return np.searchsorted(np.cumsum(percents), hundredths.astype(np.int64), side="right")


def uniforms(hashes: np.ndarray, count: int) -> np.ndarray:
    """Return `count` numbers in [0, 1) for each of n hashes, (n, count): SplitMix64, Steele et al. 2014."""
    with np.errstate(over="ignore"):
        state = hashes[:, None] + _STEP * np.arange(1, count + 1, dtype=np.uint64)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((state ^ (state >> np.uint64(31))) >> np.uint64(11)) / 2.0**53

"""Explore: a small share of lists is drawn by chance, and how likely each place was is told.

A list explores with the probability `share`; it is then k items drawn evenly, in an order by chance, from the
pool of the user's best. So item i has place r with the probability

    (1 - share) * [i is what the model puts there] + share * [i is in the pool] / (size of the pool)

its propensity: what clicks are divided by later (Horvitz and Thompson 1952; `offline_estimate`).
"""

import numpy as np

from recpipe.core.ranking import Ranking
from recpipe.recommend.dealing import uniforms


def explored(own: Ranking, pool: Ranking, share: float, hashes: np.ndarray) -> tuple[Ranking, np.ndarray]:
    """Return the lists that are shown and the propensity of each place, (n, k) float32.

    own: (n, k), what the model recommends; pool: (n, m), m >= k, each user's best; hashes: (n,) of the users.
    """
    places, size = own.indices.shape[1], pool.indices.shape[1]
    chance = uniforms(hashes, size + 1)
    is_there = pool.indices > 0
    order = np.argsort(np.where(is_there, chance[:, 1:], 2.0), axis=1, kind="stable")[:, :places]
    explores = (chance[:, 0] < share)[:, None]
    shown = np.where(explores, np.take_along_axis(pool.indices, order, axis=1), own.indices)
    scores = np.where(explores, np.take_along_axis(pool.scores, order, axis=1), own.scores)
    drawn = 1 / np.maximum(is_there.sum(axis=1, keepdims=True), 1)
    in_pool = np.zeros(shown.shape, bool)
    for place in range(size):  # a column at a time: no (n, k, m) array
        in_pool |= shown == pool.indices[:, place : place + 1]
    propensities = (1 - share) * (shown == own.indices) + share * drawn * in_pool
    return Ranking(shown, scores, own.is_personal), np.where(shown > 0, propensities, 1).astype(np.float32)

"""What the query towers read of a user; the same in training's judgement and in a loaded version."""

from collections.abc import Iterable

import numpy as np

from recpipe.core.snapshot import Histories
from recpipe.core.vocabulary import Vocabulary
from recpipe.train.attributes import AttributeCodes
from recpipe.train.users import ATTRIBUTES, attribute_inputs

HISTORY, EVENT_TYPES, GAPS, USER = "history", "event_types", "gaps", "user"
SEQUENCES = (HISTORY, EVENT_TYPES, GAPS)
"""Inputs with one entry for each entry of the history."""

MICROSECONDS_PER_MINUTE = 60_000_000
GAP_BUCKETS = 24
"""Gaps are told in doublings of a minute; the last bucket holds all that is longer (16 years)."""


def encoder_inputs(
    names: Iterable[str],
    histories: Histories,
    max_history: int,
    users: Vocabulary,
    codes: AttributeCodes | None = None,
) -> dict[str, np.ndarray]:
    """What an encoder reads of n users, by name, int32 but for `user_numbers`.

    | name | shape | meaning |
    |---|---|---|
    | history | (n, max_history) | latest known items, newest first, 0 = none |
    | event_types | (n, max_history) | their event types from 1, 0 = none or unknown |
    | gaps | (n, max_history) | time since the event before each, see `gap_buckets`; 0 = none |
    | user | (n,) | index of the user, 0 = unknown |
    | user_features | (n, any) | attributes by `codes`, see `attribute_inputs` |
    | user_numbers | (n, 2 m) float32 | the same |
    """
    every = {}
    if HISTORY in names:
        at, inside = _latest(histories, max_history)
        columns = {HISTORY: histories.items, EVENT_TYPES: histories.event_types}
        if GAPS in names:
            columns[GAPS] = gap_buckets(histories)
        for name, values in columns.items():
            every[name] = np.where(inside, np.append(values, 0)[at], 0).astype(np.int32)
    if USER in names:
        every[USER] = users.index_of(histories.user_ids).astype(np.int32)
    if codes and set(ATTRIBUTES) <= set(names):
        every |= attribute_inputs(codes, histories)
    return {name: every[name] for name in names}


def gap_buckets(histories: Histories) -> np.ndarray:
    """Time between each event and the user's event before it, (N,) int32 from 1 to GAP_BUCKETS.

    1: under a minute, or the first event; then one more for each doubling of a minute.
    """
    minutes = np.diff(histories.times, prepend=histories.times[:1]) / MICROSECONDS_PER_MINUTE
    minutes[histories.offsets[:-1][histories.lengths > 0]] = 0
    doublings = np.floor(np.log2(np.maximum(minutes, 0.5))) + 2
    return np.clip(doublings, 1, GAP_BUCKETS).astype(np.int32)


def _latest(histories: Histories, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of each user's latest known items in the flat arrays, newest first; and which are any.

    Both (n, count). Unknown items (0) are left out, so that they take no known item's place.
    """
    known = np.append(np.flatnonzero(histories.items > 0), len(histories.items))
    known_before = np.searchsorted(known, histories.offsets)
    at = known_before[1:, None] - np.arange(1, count + 1)
    inside = at >= known_before[:-1, None]
    return known[np.maximum(at, 0)], inside

"""What users had, as peers and generators read it, written by hand."""

from collections.abc import Sequence

import numpy as np

from recpipe.core.known import Known, known_in
from recpipe.core.snapshot import Histories

DAY = 86_400_000_000


def histories(users: Sequence[Sequence[tuple[int, float]]]) -> Histories:
    """Users' events, oldest first, each an item index from 1 and a day."""
    events = [event for user in users for event in user]
    lengths = np.array([len(user) for user in users])
    return Histories(
        user_ids=np.array([f"u{row:02d}" for row in range(len(users))], object),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=np.array([item for item, _ in events], np.int32),
        event_types=np.ones(len(events), np.uint8),
        times=np.array([int(day * DAY) for _, day in events], np.int64),
        counts=np.stack([lengths, 0 * lengths, 0 * lengths], axis=1).astype(np.int32),
    )


def known(users: Sequence[Sequence[tuple[int, float]]], items: int, has_common_time: bool = True) -> Known:
    return known_in(histories(users), items, has_common_time)


def checkerboard(size: int = 16) -> Known:
    """User u has all items of its colour but item u (counted from 0): that is what u must be shown."""
    users = [[(item + 1, 0.0) for item in range(user % 2, size, 2) if item != user] for user in range(size)]
    return known(users, size)


def random_known(users: int, items: int) -> Known:
    random = np.random.default_rng(0)
    return known(
        [[(int(item), 0.0) for item in random.integers(1, items + 1, 8)] for _ in range(users)], items
    )

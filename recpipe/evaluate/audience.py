"""Who is asked and what was known before: read once, for all that is told beside the scores."""

from dataclasses import dataclass

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.evaluate.questions import CHUNK_USERS, HeldOut


@dataclass(frozen=True)
class Audience:
    """The u users of a test, in its order, and the items that were known before it.

    relevant, seen: u rows of distinct item indices, the right answers and what the user had before. events:
    (u,) int64, how many events were known of each. attributes: (u,) object, JSON, or None as in
    `Histories`. holders: (items + 1,) int64, how many of the `users` people of whom anything was known had
    each item before the test. is_late: (items + 1,) bool, items of which the train part has no event.
    """

    relevant: Ragged
    seen: Ragged
    events: np.ndarray
    attributes: np.ndarray | None
    holders: np.ndarray
    users: int
    is_late: np.ndarray

    def __len__(self) -> int:
        return len(self.relevant)

    @property
    def items(self) -> int:
        """How many items were known before the test: what lists are made of."""
        return len(self.holders) - 1


def audience(test: HeldOut) -> Audience:
    """Read the snapshot of `test` once."""
    asked = list(test.questions())
    holders, in_train, users = _counted(test)
    told = [each.histories.attributes for each in asked]
    return Audience(
        relevant=Ragged.joined([each.relevant for each in asked]),
        seen=Ragged.joined([Ragged(each.histories.offsets, each.histories.items).unique() for each in asked]),
        events=np.concatenate([each.histories.lengths for each in asked]),
        attributes=np.concatenate([one for one in told if one is not None]) if _all_told(told) else None,
        holders=holders,
        users=users,
        is_late=(in_train == 0) & (holders > 0),
    )


def _all_told(told: list[np.ndarray | None]) -> bool:
    return all(one is not None for one in told)


def _counted(test: HeldOut) -> tuple[np.ndarray, np.ndarray, int]:
    """Return how many users had each item before the test, its events in the train part, and all users."""
    size = test.snapshot.vocabulary.size + 1
    holders, in_train, users = np.zeros(size, np.int64), np.zeros(size, np.int64), 0
    for histories in test.snapshot.chunks(CHUNK_USERS):
        before, train = histories.until("test"), histories.part("train")
        had = Ragged(before.offsets, before.items).unique().values
        holders += np.bincount(had[had < size], minlength=size)
        in_train += np.bincount(train.items[train.items < size], minlength=size)
        users += int((before.lengths > 0).sum())
    holders[0] = 0
    return holders, in_train, users

"""Audiences written by hand."""

from collections.abc import Sequence

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.evaluate.audience import Audience


def audience(
    relevant: Sequence[Sequence[int]],
    seen: Sequence[Sequence[int]],
    holders: Sequence[int],
    *,
    users: int = 0,
    late: Sequence[int] = (),
    attributes: Sequence[str] | None = None,
) -> Audience:
    """`holders` of the items from index 1; `late` items have no event in the train part."""
    rows = Ragged.from_lists(seen)
    is_late = np.zeros(len(holders) + 1, bool)
    is_late[list(late)] = True
    return Audience(
        relevant=Ragged.from_lists(relevant),
        seen=rows,
        events=rows.lengths,
        attributes=None if attributes is None else np.array(attributes, object),
        holders=np.array([0, *holders]),
        users=users or max(holders),
        is_late=is_late,
    )

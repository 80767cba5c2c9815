"""The test that all models take: who is asked, what was known before, and what the right answers are."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from recpipe.core.errors import DataError
from recpipe.core.event_weights import worth
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.evaluate.params import EvaluateParams

if TYPE_CHECKING:
    import pandas as pd

CHUNK_USERS = 16_384
"""Users read and ranked at a time; bounds the memory, changes no result."""


@dataclass(frozen=True)
class Questions:
    """One chunk of the test: u users, what they did before it, and the items that are right answers.

    relevant: u rows of distinct item indices, none empty; rows: (u,) int64, their places in the snapshot.
    """

    histories: Histories
    relevant: Ragged
    rows: np.ndarray


@dataclass(frozen=True)
class Counts:
    """What the test is made of. Shares of test events: 0 to 1."""

    users: int
    """Users asked: those with at least one right answer."""
    events: int
    """Events of the test part, of all users, that count: neither of weight 0 or less nor taken back."""
    right_answers: int
    """Distinct pairs of user and item that are right answers."""
    unknown_share: float
    """Share of the test events on items not known before the test: no list can hold them."""
    seen_share: float
    """Share of the test events on items the user had before; where these are excluded, no answers."""
    new_users: int
    """Users asked of whom nothing was known before the test."""


@dataclass(frozen=True)
class HeldOut:
    """A test on one snapshot: lists of `k`, seen items excluded or allowed."""

    workspace: Workspace
    snapshot: Snapshot
    k: int
    seen: Literal["exclude", "allow"]
    counts: Counts

    @property
    def excludes_seen(self) -> bool:
        """Whether items a user had before are left out."""
        return self.seen == "exclude"

    def questions(self) -> Iterator[Questions]:
        """Yield the test in chunks of users, in the order of user ids."""
        first = 0
        for histories in self.snapshot.chunks(CHUNK_USERS):
            relevant, _ = _answers(histories, self.snapshot, self.excludes_seen)
            asked = np.flatnonzero(relevant.lengths)
            if len(asked):
                yield Questions(histories.until("test").take(asked), relevant.take(asked), first + asked)
            first += len(histories)

    def table(self) -> "pd.DataFrame":
        """Return the summary as a table, for notebooks."""
        import pandas as pd

        shown = {
            name: f"{value:.1%}" if isinstance(value, float) else value
            for name, value in self.summary().items()
        }
        return pd.DataFrame({"test": shown})

    def summary(self) -> dict[str, Any]:
        """Return snapshot, settings and counts, ready for JSON."""
        return {"snapshot": self.snapshot.name, "k": self.k, "seen": self.seen, **asdict(self.counts)}


def held_out(workspace: Workspace, snapshot: str, params: EvaluateParams) -> HeldOut:
    """Open the test of `snapshot` (the newest if empty) and count what it is made of.

    Candidates are the items known at the cut. Raises DataError if no user has a right answer.
    """
    opened = Snapshot.open(workspace, snapshot)
    counts = _count(opened, params.seen == "exclude")
    if not counts.users:
        raise DataError(
            f"snapshot {opened.name}: nobody can be asked: of {counts.events:,} test events "
            f"{counts.unknown_share:.0%} are on items not known before, {counts.seen_share:.0%} seen before",
            "Give the test a larger share (--features.test_share), or --evaluate.seen allow.",
        )
    return HeldOut(workspace, opened, params.k, params.seen, counts)


def longest_lists(histories: Histories, test: HeldOut) -> np.ndarray:
    """Return how many items the list of each user can have, (n,): k, or fewer where fewer are left."""
    candidates = test.snapshot.vocabulary.size
    if not test.excludes_seen:
        return np.full(len(histories), min(test.k, candidates))
    is_candidate = (histories.items > 0) & (histories.items <= candidates)
    seen = Ragged(histories.offsets, histories.items).where(is_candidate).unique().lengths
    return np.minimum(test.k, candidates - seen)


def _count(snapshot: Snapshot, exclude_seen: bool) -> Counts:
    totals = np.zeros(6, np.int64)
    for histories in snapshot.chunks(CHUNK_USERS):
        relevant, event_counts = _answers(histories, snapshot, exclude_seen)
        asked = relevant.lengths > 0
        is_new = asked & (histories.until("test").lengths == 0)
        totals += [asked.sum(), is_new.sum(), len(relevant.values), *event_counts]
    users, new_users, right_answers, events, unknown, seen = totals.tolist()
    return Counts(
        users=users,
        events=events,
        right_answers=right_answers,
        unknown_share=unknown / max(events, 1),
        seen_share=seen / max(events, 1),
        new_users=new_users,
    )


def _answers(
    histories: Histories, snapshot: Snapshot, exclude_seen: bool
) -> tuple[Ragged, tuple[int, int, int]]:
    """Return the right answers of each user, and how many test events count, are unknown, and seen."""
    test, before = histories.part("test"), histories.until("test")
    asked = Ragged(test.offsets, test.items).where(worth(test, snapshot.event_weights) > 0)
    known = Ragged(before.offsets, before.items)
    is_unknown = asked.values > snapshot.vocabulary.size
    is_seen = asked.contained(known)
    is_right = ~is_unknown & ~is_seen if exclude_seen else ~is_unknown
    return asked.where(is_right).unique(), (len(asked.values), int(is_unknown.sum()), int(is_seen.sum()))

"""Windows of time: what was known before one, who is asked, and what they took in it."""

from dataclasses import dataclass

import numpy as np

from recpipe.core.event_weights import worth
from recpipe.core.known import has_common_time
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories, Moment, Part, Snapshot
from recpipe.rank.past import Past, everybody


@dataclass(frozen=True)
class Window:
    """u users asked at its begin: `before`, what they did until then, and `relevant`, what they took in it.

    relevant: u rows of distinct items that somebody had before, none empty; past: what was known of
    everybody.
    """

    past: Past
    before: Histories
    relevant: Ragged
    excludes_seen: bool

    def __len__(self) -> int:
        return len(self.relevant)


def window(snapshot: Snapshot, part: Part, *, excludes_seen: bool, most: int) -> Window:
    """Return the window of the validation or the test part, of `most` users, evenly spread."""
    everyone = everybody(snapshot)
    moment: Moment = "test" if part == "test" else "validation"
    before, after = everyone.until(moment), everyone.part(part)
    return _window(snapshot, Past.of(snapshot, moment, before), before, after, excludes_seen, most)


def rehearsal(snapshot: Snapshot, *, excludes_seen: bool, most: int) -> Window:
    """Return a window as long as the validation part, which it ends at; nothing later is known in it.

    With the split `last-event` that is each user's last moment of the train part.
    """
    known = everybody(snapshot).until("validation")
    rows = np.repeat(np.arange(len(known)), known.lengths)
    if has_common_time(snapshot):
        split = snapshot.manifest["split"]
        begin, end = (_microseconds(split[name]) for name in ("validation_from", "test_from"))
        is_later = known.times >= begin - (end - begin)
    else:
        is_later = known.times >= known.last_times[rows]
    later = np.bincount(rows[is_later], minlength=len(known))
    counts = np.stack([known.lengths - later, later, np.zeros(len(known))], axis=1).astype(np.int32)
    cut = Histories(
        known.user_ids,
        known.offsets,
        known.items,
        known.event_types,
        known.times,
        counts,
        known.attributes,
    )
    before, after = cut.part("train"), cut.part("validation")
    return _window(snapshot, Past.of(snapshot, "validation", before), before, after, excludes_seen, most)


def _window(
    snapshot: Snapshot, past: Past, before: Histories, after: Histories, excludes_seen: bool, most: int
) -> Window:
    took = Ragged(after.offsets, after.items).where(worth(after, snapshot.event_weights) > 0)
    # as in the test, where an item that is new has no right to be foreseen
    is_right = (took.values <= past.items) & past.had[np.minimum(took.values, past.items)]
    if excludes_seen:
        is_right &= ~took.contained(Ragged(before.offsets, before.items))
    relevant = took.where(is_right).unique()
    # without a history there is nothing to rank by: such users' lists are not ranked
    users = np.flatnonzero((relevant.lengths > 0) & before.have_known_items)
    if len(users) > most:
        users = users[np.linspace(0, len(users) - 1, most).astype(int)]
    return Window(past, before.take(users), relevant.take(users), excludes_seen)


def _microseconds(text: str) -> int:
    return int(np.datetime64(text, "us").astype(np.int64))

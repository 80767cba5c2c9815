"""What training needs to know of all users of a snapshot, gathered in two passes over its blocks."""

from dataclasses import dataclass

import numpy as np

from recpipe.core.snapshot import Histories, Moment
from recpipe.train import blocks
from recpipe.train.blocks import Source, sampled_rows
from recpipe.train.judges import Judges, most_judges, questions
from recpipe.train.moments import MICROSECONDS_PER_DAY, PastCounts, PastPopularity
from recpipe.train.params import TrainParams

MOMENTS: tuple[Moment, ...] = ("validation", "test")
RECENT_USERS, LATEST_USERS = "recent_users", "latest_users"


@dataclass(frozen=True)
class Survey:
    """What was found. A few bytes a user and an item are held, and what a block holds.

    lengths: (users,) int32, events of the train part; is_trained: (users,) bool, who is trained on.
    histories, validation: their train and validation parts, or those of a sample as large as a block.
    newest: moment -> time of the newest event before it. users_of_late: moment -> "recent_users" |
    "latest_users" -> (items + 1,) float32, how many users had an item in the last `recent_days` and
    `latest_days` before it. past: the same at moments of the train part; None unless `recency` is learned,
    and where lists are made at each user's own last event.
    """

    lengths: np.ndarray
    is_trained: np.ndarray
    histories: Histories
    validation: Histories
    judges: Judges
    newest: dict[Moment, int]
    users_of_late: dict[Moment, dict[str, np.ndarray]]
    past: PastPopularity | None


def survey(source: Source, item_count: int, event_weights: np.ndarray, params: TrainParams) -> Survey:
    """Survey the users of `source`, of whom a share `params.sample` is trained on and judges."""
    count = len(source.wanted)
    lengths, can_judge = np.zeros(count, np.int32), np.zeros(count, bool)
    newest: dict[Moment, int] = dict.fromkeys(MOMENTS, 0)
    oldest: int = np.iinfo(np.int64).max
    for block in source.blocks():
        lengths[block.rows] = block.histories.counts[:, 0]
        asked = questions(block.histories, item_count, event_weights)
        can_judge[block.rows] = asked.relevant.lengths > 0
        for moment in MOMENTS:
            times = block.histories.until(moment).times
            newest[moment] = max(newest[moment], int(times.max(initial=0)))
        oldest = int(block.histories.part("train").times.min(initial=oldest))
    chosen = some_of(np.ones(count, bool), params.sample, params.seed)
    is_trained, can_judge = chosen & (lengths > 0), chosen & can_judge
    limit = most_judges(params, item_count)
    judging = some_of(can_judge, limit / max(int(can_judge.sum()), 1), params.seed)
    events = int(lengths[is_trained].sum(dtype=np.int64))
    held = some_of(is_trained, blocks.BLOCK_EVENTS / max(events, 1), params.seed)

    judges, histories, validation = [], [], []
    days = {RECENT_USERS: params.recent_days, LATEST_USERS: params.latest_days}
    late = {moment: {name: np.zeros(item_count + 1, np.float32) for name in days} for moment in MOMENTS}
    has_one_moment = source.snapshot.manifest["split"]["kind"] == "time"
    is_learned = has_one_moment and params.recency == "learned"
    first, last = min(oldest, newest["validation"]), newest["validation"]
    past = PastCounts(first, last, item_count, tuple(days.values())) if is_learned else None
    for block in source.blocks():
        for moment in MOMENTS:
            before = block.histories.until(moment)
            for name, span in days.items():
                since = newest[moment] - span * MICROSECONDS_PER_DAY
                late[moment][name] += recent_users(before, item_count + 1, since)
        if past:
            past.add(block.histories.part("train"))
        judges.append(questions(block.of(judging), item_count, event_weights))
        histories.append(block.of(held).part("train"))
        validation.append(block.of(held).part("validation"))
    return Survey(
        lengths=lengths,
        is_trained=is_trained,
        histories=Histories.joined(histories),
        validation=Histories.joined(validation),
        judges=Judges.joined(judges),
        newest=newest,
        users_of_late=late,
        past=past.log() if past else None,
    )


def some_of(which: np.ndarray, share: float, seed: int) -> np.ndarray:
    """A drawn share of the users who are true in `which` (users,) bool, told in the same way."""
    rows = np.flatnonzero(which)
    drawn = np.zeros(len(which), bool)
    drawn[rows[sampled_rows(len(rows), share, seed)]] = True
    return drawn


def recent_users(histories: Histories, known: int, since: int) -> np.ndarray:
    """How many users had each item later than `since`, microseconds, (known,) float32."""
    recent = histories.times > since
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    stride = int(histories.items.max(initial=0)) + 1
    pairs = np.unique(rows[recent] * stride + histories.items[recent])
    return np.bincount(pairs % stride, minlength=known)[:known].astype(np.float32)

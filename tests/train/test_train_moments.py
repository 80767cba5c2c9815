"""Popularity at moments of the past, and what a training learns that it weighs."""

import numpy as np
import pytest

from recpipe import train
from recpipe.core.snapshot import Histories
from recpipe.core.workspace import Workspace
from recpipe.train import moments
from recpipe.train.moments import PastCounts, PastPopularity, users_before
from recpipe.train.recency import learned_weights
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.worlds import DAY, World

QUICK = Settings(
    dimension=4, max_history=8, batch_size=16, targets_per_query=2, id_dropout=0, svd_start=False
)


def histories_of(*users: list[tuple[int, float]]) -> Histories:
    """Users with (item, day) events."""
    lengths = [len(events) for events in users]
    events = [event for user in users for event in user]
    return Histories(
        np.array([f"u{user}" for user in range(len(users))], object),
        np.cumsum([0, *lengths]),
        np.array([item for item, _ in events], np.int32),
        np.ones(len(events), np.uint8),
        np.array([int(day * DAY) for _, day in events]),
        np.array([[length, 0, 0] for length in lengths], np.int32),
    )


def past_popularity(histories: Histories, item_count: int, days: tuple[int, int]) -> PastPopularity:
    """Count in two blocks, one user in the first."""
    counts = PastCounts(int(histories.times.min()), int(histories.times.max()), item_count, days)
    for rows in (np.arange(1), np.arange(1, len(histories))):
        counts.add(histories.take(rows))
    return counts.log()


def at_days(*days: float) -> np.ndarray:
    return np.array([int(day * DAY) for day in days])


def test_users_are_counted_once_and_for_as_long_as_they_are_recent() -> None:
    histories = histories_of([(1, 0), (1, 2), (2, 3)], [(1, 1)])
    counts = users_before(histories, 3, at_days(0, 0.5, 1.5, 2.5, 3.5, 4.5, 6), days=3)
    assert counts[1].tolist() == [0, 1, 2, 2, 2, 1, 0]
    assert counts[2].tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert not counts[[0, 3]].any()


def test_counts_are_those_of_looking_back_from_each_moment() -> None:
    random = np.random.default_rng(0)
    users = [
        sorted(
            ((int(item), float(day)) for item, day in random.integers(1, 5, (20, 2)) * (1, 3)),
            key=lambda e: e[1],
        )
        for _ in range(6)
    ]
    times = at_days(*np.arange(0, 20, 1.5))
    by_hand = [
        [
            sum(
                any(one == item and time - 4 * DAY <= day * DAY < time for one, day in user) for user in users
            )
            for time in times
        ]
        for item in range(5)
    ]
    assert users_before(histories_of(*users), 4, times, days=4).tolist() == by_hand


def test_a_query_knows_what_was_before_its_moment_only() -> None:
    # one moment a day, at 0, 1, 2, …; the query of day 2 must not see what is bought in its own basket
    past = past_popularity(histories_of([(1, 0), (1, 2), (2, 4)]), 2, (30, 1))
    assert (past.moments / DAY).tolist() == [0, 1, 2, 3]
    assert past.at(at_days(-1, 0, 1.9, 2, 99)).tolist() == [0, 0, 1, 2, 3]
    assert np.expm1(past.log_users[1].astype(float)).round().tolist() == [[0, 0], [1, 1], [1, 0], [1, 1]]


def test_moments_are_fewer_where_there_are_more_items(monkeypatch: pytest.MonkeyPatch) -> None:
    histories = histories_of([(1, 0), (2, 400)])
    assert past_popularity(histories, 2, (30, 7)).log_users.shape == (3, 64, 2)
    monkeypatch.setattr(moments, "MOST_NUMBERS", 30)
    assert past_popularity(histories, 2, (30, 7)).log_users.shape == (3, 10, 2)


def fashion_world(users: int = 30, weeks: int = 8) -> World:
    """Everybody takes the item of the week, on a day of their own, and one that is never in fashion."""
    random = np.random.default_rng(0)
    world = {}
    for user in range(users):
        days = [7 * week + random.random() * 6 for week in range(weeks)]
        events = [
            event
            for week, day in enumerate(days)
            for event in ((f"hot{week}", day), (f"other{random.integers(10)}", day + 0.5))
        ]
        world[f"u{user:02d}"] = (events[:-4], events[-4:-2], events[-2:])
    return world


def test_where_what_is_in_fashion_is_bought_its_popularity_gets_a_weight(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(fashion_world())
    fashion = {
        "recency": "learned",
        "recent_days": 14,
        "latest_days": 5,
        "window_days": 0,
        "learning_rate": 0.05,
        "epochs": 6,
    }
    data = train.read(workspace, "", QUICK.model_copy(update=fashion))
    _, latest = learned_weights(train.fit(data).model)
    assert latest > 0.2


def test_where_lists_are_made_at_each_user_s_own_moment_no_weight_is_learned(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(fashion_world(users=6), split={"kind": "last-event"})
    fitted = train.fit(
        train.read(workspace, "", QUICK.model_copy(update={"epochs": 1, "recency": "learned"}))
    )
    assert fitted.model.recency is None
    assert learned_weights(fitted.model) == [0, 0]


def test_no_weight_is_learned_unless_it_is_asked_for(workspace: Workspace, write_snapshot: Write) -> None:
    write_snapshot(fashion_world(users=6))
    asked = {wish: QUICK.model_copy(update={"recency": wish}) for wish in ("fitted", "learned")}
    known = {wish: train.read(workspace, "", params).past for wish, params in asked.items()}
    assert known["fitted"] is None
    assert known["learned"] is not None

import numpy as np
import pytest

from recpipe.core.snapshot import Histories
from recpipe.train import repeat_features
from recpipe.train.repeat_features import (
    FEATURES,
    MICROSECONDS_PER_DAY,
    SMALL,
    Items,
    ItemsAt,
    items_as_of,
    own_items,
)


def same(recent_events: np.ndarray) -> Items:
    """Items of which every user had one event."""
    return items_as_of({"events": recent_events, "users": recent_events, "recent_events": recent_events})


FLAT = same(np.zeros(10))
"""Every item is as popular as the others."""


def histories(*users: list[tuple[int, float]]) -> Histories:
    """For each user pairs of item and day, oldest first."""
    lengths = [len(user) for user in users]
    events = [event for user in users for event in user]
    return Histories(
        user_ids=np.array([f"u{row}" for row in range(len(users))], object),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=np.array([item for item, _ in events], np.int32),
        event_types=np.ones(len(events), np.uint8),
        times=days(*[day for _, day in events]),
        counts=np.array([[length, 0, 0] for length in lengths], np.int32).reshape(-1, 3),
    )


def days(*values: float) -> np.ndarray:
    return (np.array(values, np.float64) * MICROSECONDS_PER_DAY).astype(np.int64)


def test_features_are_those_worked_out_by_hand() -> None:
    own = own_items(histories([(4, 10.0), (2, 16.0), (4, 20.0)]), days(30.0), same(np.arange(10)))
    assert own.items[0].tolist() == [2, 4]
    seldom, often = (dict(zip(FEATURES, row, strict=True)) for row in own.features)
    assert often == pytest.approx(
        {
            "log_count": np.log(3),
            "log_decayed_7": np.log(SMALL + 0.5 ** (10 / 7) + 0.5 ** (20 / 7)),
            "log_decayed_30": np.log(SMALL + 0.5 ** (10 / 30) + 0.5 ** (20 / 30)),
            "log_decayed_90": np.log(SMALL + 0.5 ** (10 / 90) + 0.5 ** (20 / 90)),
            "log_rate": np.log(2 / 20),
            "log_days_since_last": np.log(11),
            "log_due": np.log(11 / 11),
            "log_popularity": np.log((4 + 1) / (45 + 9)),
            "log_events_per_user": 0.0,
        },
        abs=1e-6,
    )
    assert seldom["log_due"] == 0, "an item had once has no gap"
    assert seldom["log_days_since_last"] == pytest.approx(np.log(15))


def test_the_features_of_a_user_do_not_depend_on_who_else_is_asked() -> None:
    one, other = [(1, 3.0), (2, 4.0), (1, 9.0)], [(2, 1.0), (3, 8.0)]
    both = own_items(histories(one, other), days(10.0, 12.0), FLAT)
    for row, user in enumerate((one, other)):
        alone = own_items(histories(user), days((10.0, 12.0)[row]), FLAT)
        assert both.items[row].tolist() == alone.items[0].tolist()
        assert np.array_equal(both.features[both.items.row_numbers == row], alone.features)


def test_users_without_a_history_have_no_items_and_unknown_items_are_none() -> None:
    own = own_items(histories([], [(0, 1.0), (5, 2.0)], []), days(3.0, 3.0, 3.0), FLAT)
    assert own.items.lengths.tolist() == [0, 1, 0]
    nobody = own_items(histories([], []), days(3.0, 3.0), FLAT)
    assert nobody.items.lengths.tolist() == [0, 0]
    assert nobody.features.shape == (0, len(FEATURES))


def test_of_a_history_beyond_the_cap_the_strongest_items_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Item 1 was had long ago, 2 thrice, 3 and 4 of late; the other user is within the cap."""
    monkeypatch.setattr(repeat_features, "MAX_OWN", 3)
    long = [(1, 0.0), (2, 300.0), (2, 301.0), (2, 302.0), (3, 390.0), (4, 391.0)]
    own = own_items(histories(long, [(1, 0.0), (3, 1.0)]), days(400.0, 400.0), FLAT)
    assert own.items[0].tolist() == [2, 3, 4]
    assert own.items[1].tolist() == [1, 3]
    assert own.features[0, FEATURES.index("log_count")] == pytest.approx(np.log(4)), "of item 2, all three"


def test_items_as_of_any_moment_are_told_by_the_events_before_it() -> None:
    every = histories([(1, 0.0), (1, 95.0), (2, 99.0)], [(2, 98.0), (2, 100.0), (0, 99.0)])
    about = ItemsAt(every, item_count=3, days=10)
    found = about(np.array([1, 2, 3, 1, 2]), days(100.0, 100.0, 100.0, 5.0, 101.0))
    assert np.exp(found[:, 0]) == pytest.approx([2 / 6, 3 / 6, 1 / 6, 2 / 4, 4 / 7]), "share of late"
    assert np.exp(found[:, 1]) == pytest.approx([3 / 2, 3 / 3, 1 / 1, 2 / 2, 4 / 3]), "events a user"


def test_items_of_counts_and_of_times_are_one() -> None:
    every = histories([(1, 95.0), (2, 99.0), (2, 99.5)])
    by_times = ItemsAt(every, item_count=2, days=10)(np.array([1, 2]), days(100.0, 100.0))
    counts = np.array([0, 1, 2])
    as_of = items_as_of({"events": counts, "users": np.array([0, 1, 1]), "recent_events": counts})
    assert by_times == pytest.approx(as_of(np.array([1, 2]), days(100.0, 100.0)))

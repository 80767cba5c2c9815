"""Given events and the expected features of users: what they are like, and how they come."""

import pytest

from recpipe.core.errors import DataError
from tests.features.small_shop import EVENTS, fill, rows, write

HOUR = 1 / 24


def now(draft, *names, user="ann"):
    """Return some features of a user at the moment now."""
    [found] = [
        row[1:] for row in rows(draft, "user_features", "user_id", *names, moment="now") if row[0] == user
    ]
    return found


def test_sessions_end_with_a_gap_and_baskets_with_the_time(empty):
    # day 4: two events at one time, one 20 minutes later, one an hour later; and five days with one
    more = [(4, "ann", "b"), (4 + HOUR / 3, "ann", "c"), (4 + 4 * HOUR / 3, "ann", "a")]
    draft = write(fill(empty, [*EVENTS, *more]))
    assert now(draft, "events", "baskets", "sessions", "active_days", "events_per_session") == (
        8,
        7,
        6,
        5,
        8 / 6,
    )


def test_each_moment_counts_the_events_of_its_last_days(empty):
    draft = write(fill(empty))  # ann: days 0, 1, 4, 6, 8; recent are three days
    assert [
        rows(draft, "user_features", "recent_events", moment=moment)[0]
        for moment in ("validation", "test", "now")
    ] == [
        (1,),  # of days 3 to 6
        (1,),  # of days 5 to 8
        (2,),  # of days 6 to 9
    ]


def test_recent_events_of_last_event_count_from_the_users_own_moment(shop):
    draft = write(shop, split="last-event")
    assert rows(draft, "user_features", "recent_events", moment="test")[0] == (1,)  # ann: days 5 to 8


def test_repeats_are_what_the_user_had_before_and_novelty_is_what_few_had(shop):
    # train: a three times, b twice, c once, of six; ann does a, b, a, c, d
    repeat_rate, novelty = now(write(shop), "repeat_rate", "novelty")
    assert repeat_rate == pytest.approx(1 / 5)
    assert novelty == pytest.approx((0 + 3 / 6 + 0 + 5 / 6 + 1) / 5, abs=1e-6)


def test_mixes_of_types_weekdays_and_hours(empty):
    kinds = ["view", "purchase"] * 5
    draft = write(
        fill(
            empty,
            [
                (number + 13 * HOUR, *event, kind)
                for (number, *event), kind in zip(EVENTS, kinds, strict=True)
            ],
        )
    )
    types, weekdays, quarters = now(draft, "type_shares", "weekday_shares", "quarter_of_day_shares")
    assert types == [1 / 5, 4 / 5]  # purchase before view
    assert weekdays == [1 / 5, 2 / 5, 0, 0, 1 / 5, 0, 1 / 5]  # days 0, 1, 4, 6, 8 from a Monday
    assert quarters == [0, 0, 1, 0]


def test_the_price_band_is_the_mean_price_position_of_what_has_a_price(empty):
    # paid in train, category x: a 10, b 20; c is alone in y
    values = {"a": 10.0, "b": 20.0, "c": 5.0}
    draft = write(fill(empty, [(*event, "purchase", None, values.get(event[2])) for event in EVENTS]))
    assert rows(draft, "items", "price", "price_position") == [(10, 0.5), (20, 1), (5, 1), (None, None)]
    assert now(draft, "price_band") == (pytest.approx((0.5 + 1 + 0.5 + 1) / 4),)  # d has no price


def test_interests_at_each_level_are_shares_of_that_level(empty):
    paths = [("a", ["food", "fruit"]), ("b", ["food", "milk"]), ("c", ["toys"])]
    draft = write(fill(empty, items=paths), half_life_days=36_500)
    interests = [
        (found["level"], found["category"], round(found["share"], 2))
        for found in now(draft, "level_interests")[0]
    ]
    # ann: a, b, a, c, and d without a category
    assert interests == [(1, "food", 0.75), (1, "toys", 0.25), (2, "fruit", 0.67), (2, "milk", 0.33)]


def test_a_category_path_that_comes_back_to_itself_is_refused(empty):
    fill(empty, items=[("a", ["x"]), ("b", ["x", "y", "x"])])
    with pytest.raises(
        DataError, match=r"item 'b': its category path comes back to itself: x > y > x\nTo do: Give"
    ):
        write(empty)
    assert not list(empty.snapshots.root.iterdir())


def test_a_category_twice_in_a_row_is_no_loop(empty):
    assert write(fill(empty, items=[("a", ["x", "x", "y"])])).folder.exists()

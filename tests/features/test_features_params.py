"""One test a parameter: it changes the result."""

import pytest
from pydantic import ValidationError

from recpipe.core.errors import DataError
from recpipe.features import FeaturesParams
from tests.features.small_shop import EVENTS, fill, rows, write


def test_split_chooses_what_is_held_out(shop):
    by_time = rows(write(shop, split="time"), "interactions", "test_count")
    assert by_time == [(1,), (0,), (1,), (0,)]
    assert rows(write(shop, split="last-event"), "interactions", "test_count") == [(1,), (1,), (0,), (0,)]


def test_test_share_moves_the_test_cutoff(shop):
    assert write(shop, test_share=0.2).split.test_events == 2
    assert write(shop, test_share=0.4).split.test_events == 4


def test_validation_share_moves_the_validation_cutoff(shop):
    assert write(shop, validation_share=0.1).split.validation_events == 1
    assert write(shop, validation_share=0.4).split.validation_events == 4


def test_min_item_events_puts_rare_items_behind_the_known_ones(shop):
    # before the test: a four times, b and c twice; 0 once, and d never
    draft = write(fill(shop, [*EVENTS, (2, "bob", "0")]), min_item_events=2)
    assert rows(draft, "items", "item_id") == [("a",), ("b",), ("c",), ("0",), ("d",)]
    assert rows(write(shop, min_item_events=1), "items", "item_id") == [
        ("0",),
        ("a",),
        ("b",),
        ("c",),
        ("d",),
    ]


def test_min_item_events_that_no_item_has_are_refused(shop):
    with pytest.raises(DataError, match=r"no item has 9 events before the test part.*\n.*Lower"):
        write(shop, min_item_events=9)


def test_half_life_days_decides_how_fast_old_interests_fade(shop):
    fast = _share_of_x(write(shop, half_life_days=0.1))
    slow = _share_of_x(write(shop, half_life_days=1000.0))
    # ann's events are x, x and y, x: nearly 2.5 of 3 when nothing fades, all x when only the last counts
    assert fast == pytest.approx(1)
    assert slow == pytest.approx(2.5 / 3, abs=1e-3)


def test_interest_count_is_the_most_that_is_kept(shop):
    draft = write(shop, interest_count=1)
    assert [len(interests) for (interests,) in rows(draft, "user_features", "interests")] == [1] * 9 + [0] * 3


def test_recent_days_decides_what_is_recent(shop):
    assert _recent(write(shop, recent_days=1)) == [1, 0, 0, 1]
    assert _recent(write(shop, recent_days=5)) == [3, 1, 1, 1]


def test_category_levels_is_how_deep_interests_go(shop):
    assert _levels(write(shop, category_levels=1)) == {1}
    assert _levels(write(shop, category_levels=2)) == {1, 2}


def test_session_gap_minutes_decides_when_a_session_ends(shop):
    day_and_a_half = 36 * 60
    assert rows(write(shop, session_gap_minutes=1), "user_features", "sessions", moment="now")[0] == (5,)
    assert rows(write(shop, session_gap_minutes=day_and_a_half), "user_features", "sessions", moment="now")[
        0
    ] == (4,)


def test_view_and_purchase_type_name_the_types_of_a_conversion(empty):
    both = [(number, user, item, kind) for number, user, item in EVENTS for kind in ("play", "like")]
    shop = fill(empty, both)
    assert rows(write(shop), "item_features", "conversion")[0] == (None,)
    assert rows(write(shop, view_type="play"), "item_features", "conversion")[0] == (0,)
    converted = write(shop, view_type="play", purchase_type="like")
    assert rows(converted, "item_features", "conversion")[0] == (1,)


@pytest.mark.parametrize(
    "wrong",
    [
        {"test_share": 0.0},
        {"test_share": 0.5},
        {"validation_share": -0.1},
        {"half_life_days": 0},
        {"interest_count": 0},
        {"recent_days": 0},
        {"session_gap_minutes": 0},
        {"category_levels": 0},
        {"view_type": ""},
        {"purchase_type": ""},
        {"min_item_events": 0},
        {"split": "random"},
        {"test_shares": 0.2},
    ],
)
def test_values_out_of_bounds_and_unknown_names_are_refused(wrong):
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        FeaturesParams(**wrong)


def test_every_parameter_tells_its_meaning():
    assert all(field.description for field in FeaturesParams.model_fields.values())


def _share_of_x(draft):
    [(interests,), *_] = rows(draft, "user_features", "interests", moment="validation")
    return {interest["category"]: interest["share"] for interest in interests}["x"]


def _levels(draft):
    found = rows(draft, "user_features", "level_interests")
    return {interest["level"] for (interests,) in found for interest in interests}


def _recent(draft):
    return [events for (events,) in rows(draft, "item_features", "recent_events", moment="now")]

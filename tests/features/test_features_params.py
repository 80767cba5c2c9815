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


@pytest.mark.parametrize(
    "wrong",
    [
        {"test_share": 0.0},
        {"test_share": 0.5},
        {"validation_share": -0.1},
        {"half_life_days": 0},
        {"interest_count": 0},
        {"recent_days": 0},
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


def _recent(draft):
    return [events for (events,) in rows(draft, "item_features", "recent_events", moment="now")]

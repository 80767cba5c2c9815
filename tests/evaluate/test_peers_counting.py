"""Popularity and own frequency, by hand."""

import numpy as np

from recpipe.evaluate.peers.frequency import personal
from recpipe.evaluate.peers.popularity import all_time, decayed, recent
from tests.knowns import known

# item 1: three events of one user long ago; item 2: two users of late; item 3: once, just now
WORLD = known([[(1, 0.0), (1, 0.0), (1, 10.0)], [(2, 20.0)], [(2, 20.0), (3, 30.0)]], 3)
ONE = np.array([0])


def test_all_time_counts_events_or_users() -> None:
    assert all_time(WORLD, {"by": "events"})(ONE).tolist() == [[3, 2, 1]]
    assert all_time(WORLD, {"by": "users"})(ONE).tolist() == [[1, 2, 1]]


def test_recent_counts_what_is_younger_than_so_many_days() -> None:
    assert recent(WORLD, {"by": "events", "days": 15})(ONE).tolist() == [[0, 2, 1]]
    assert recent(WORLD, {"by": "events", "days": 21})(ONE).tolist() == [[1, 2, 1]]


def test_decayed_halves_an_event_with_every_half_life() -> None:
    # ages 30, 30, 20 | 10, 10 | 0 days
    assert decayed(WORLD, {"by": "events", "half_life": 10})(ONE).tolist() == [[0.5, 1, 1]]
    assert decayed(WORLD, {"by": "users", "half_life": 10})(ONE).tolist() == [[0.25, 1, 1]]


def test_everyone_gets_the_same_popular_list() -> None:
    scores = all_time(WORLD, {"by": "events"})(np.array([2, 0, 1]))
    assert (scores == scores[0]).all()


def test_own_items_come_by_frequency_and_then_the_popular_ones() -> None:
    world = known([[(3, 0.0), (4, 0.0), (4, 0.0)], [(2, 0.0)], [(2, 0.0), (1, 0.0)]], 5)
    scores = personal(world, {})(np.array([0]))[0]
    assert (np.argsort(-scores) + 1).tolist()[:3] == [4, 3, 2]
    assert scores[[2, 3]].tolist() == [1, 2]
    assert (scores[[0, 1, 4]] < 0).all()


def test_decay_turns_an_old_habit_into_less_than_a_new_one() -> None:
    world = known([[(1, 0.0), (1, 0.0), (2, 30.0)]], 2)
    assert personal(world, {})(np.array([0]))[0].tolist() == [2, 1]
    assert personal(world, {"half_life": 10})(np.array([0]))[0].tolist() == [0.25, 1]

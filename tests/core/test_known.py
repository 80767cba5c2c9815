import numpy as np
import pytest

from tests.knowns import known

TWO_USERS = [[(1, 0.0), (2, 5.0), (1, 10.0)], [(2, 0.0), (3, 5.0)]]


def test_counts_are_as_told_by_hand() -> None:
    some = known(TWO_USERS, 3)
    assert some.counts().toarray().tolist() == [[2, 1, 0], [0, 1, 1]]
    assert some.counts("binary").toarray().tolist() == [[1, 1, 0], [0, 1, 1]]
    assert some.counts("log").toarray()[0] == pytest.approx(np.log([3, 2, 1]))


def test_an_event_one_half_life_old_counts_half() -> None:
    some = known(TWO_USERS, 3)
    # day 10 is the newest of all: user 1 had nothing newer than day 5
    assert some.counts("decayed", 5).toarray().tolist() == [[1.25, 0.5, 0], [0, 0.25, 0.5]]
    assert some.counts("log decayed", 5).toarray()[0] == pytest.approx(np.log([2.25, 1.5, 1]))


def test_without_a_common_time_a_users_own_newest_event_is_new() -> None:
    some = known(TWO_USERS, 3, has_common_time=False)
    assert some.counts("decayed", 5).toarray()[1].tolist() == [0, 0.5, 1]


def test_age_may_be_told_in_events() -> None:
    some = known(TWO_USERS, 3)
    assert some.counts("decayed", 1, "events").toarray().tolist() == [[1.25, 0.5, 0], [0, 0.5, 1]]


def test_items_that_are_not_known_before_the_test_are_left_out() -> None:
    some = known([[(1, 0.0), (3, 1.0), (0, 2.0), (2, 3.0)]], items=2)
    assert some.counts().toarray().tolist() == [[1, 1]]
    assert some.events.tolist() == [3, 0]


def test_what_has_decayed_to_nothing_is_not_there() -> None:
    some = known([[(1, 0.0), (2, 1000.0)]], items=2)
    assert some.counts("decayed", 0.1).indices.tolist() == [1]


def test_a_user_without_events_has_an_empty_row() -> None:
    some = known([[], [(2, 4.0)], []], 2, has_common_time=False)
    assert some.counts("decayed", 1).toarray().tolist() == [[0, 0], [0, 1], [0, 0]]

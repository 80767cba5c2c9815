"""Groups, what is not shown of them, and how a model does in them."""

import json

import numpy as np
import pytest

from recpipe.core.bootstrap import mean_interval
from recpipe.evaluate.segment_groups import groups_of
from recpipe.evaluate.segments import segments
from tests.evaluate.audiences import audience

USERS = 60


def people(of_age=lambda user: "young" if user < 30 else "old", events=lambda user: 2):
    """User u wants item 1 + u % 4 of categories dairy (1, 2) and meat (3, 4)."""
    return audience(
        [[1 + user % 4] for user in range(USERS)],
        [[1] * events(user) for user in range(USERS)],
        [50, 30, 10, 10],
        attributes=[json.dumps({"age": of_age(user)} if of_age(user) else {}) for user in range(USERS)],
    )


CATEGORIES = [["dairy"], ["dairy"], ["meat"], ["meat", "meat"]]


def names(asked, least=20) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for group in groups_of(asked, CATEGORIES, least):
        found.setdefault(group.kind, []).append(group.name)
    return found


def test_users_are_grouped_by_activity_and_attributes_and_answers_by_popularity_and_category() -> None:
    assert names(people(events=lambda user: user % 3)) == {
        "activity": ["new: nothing known", "light: up to 1 events", "heavy: over 1 events"],
        "age": ["old", "young"],
        "category": ["dairy", "meat"],
    } | {"popularity": names(people())["popularity"]}


def test_new_users_who_are_too_few_count_as_light() -> None:
    asked = people(events=lambda user: 0 if user < 5 else 1 + (user % 2 == 0))
    assert names(asked)["activity"] == ["light: up to 1 events", "heavy: over 1 events"]


def test_of_an_attribute_and_its_code_only_the_name_is_shown() -> None:
    told = [
        json.dumps({"age": "young", "age_code": 1} if user < 30 else {"age": "old", "age_code": 2})
        for user in range(USERS)
    ]
    asked = audience([[1]] * USERS, [[1]] * USERS, [50], attributes=told)
    assert {group.kind for group in groups_of(asked, [], 20)} == {"activity", "age", "popularity"}


def test_head_holds_the_first_half_of_all_that_was_had_and_the_tail_the_last_fifth() -> None:
    # 50 of 100, 30, 10 and 10: each item is an answer of 15 users
    groups = groups_of(people(), CATEGORIES, 15)
    told = {
        group.name: np.flatnonzero(group.items).tolist() for group in groups if group.kind == "popularity"
    }
    assert told == {"head: 1 items": [1], "middle: 1 items": [2], "tail: 2 items": [3, 4]}


def test_a_group_below_the_minimum_is_not_shown() -> None:
    asked = people(of_age=lambda user: ["a", "b", "c"][min(2, user // 19)])  # 19, 19 and 22
    assert names(asked, 19)["age"] == ["a", "b", "c"]
    assert "age" not in names(asked, 23)


def test_what_subtraction_would_tell_is_not_shown_either() -> None:
    asked = people(of_age=lambda user: "a" if user < 5 else "b" if user < 27 else "c")  # 5, 22 and 33
    assert names(asked)["age"] == ["c"], "all but b and c would be the five"
    alone = people(of_age=lambda user: "a" if user < 5 else "b")
    assert "age" not in names(alone)


def test_users_of_whom_an_attribute_is_not_told_are_a_rest_that_is_kept_too() -> None:
    asked = people(of_age=lambda user: "" if user < 5 else "b" if user < 27 else "c")
    assert names(asked)["age"] == ["c"]


def test_an_attribute_with_a_value_for_each_user_is_no_group() -> None:
    assert "age" not in names(people(of_age=str), least=1)


def test_a_group_is_measured_beside_its_rest() -> None:
    asked = people()
    lists = np.array([[1 + user % 4] if user < 30 else [4] for user in range(USERS)], np.int32)
    young = next(
        one for one in segments(lists, asked, groups_of(asked, [], 20), "ndcg") if one.name == "young"
    )
    assert (young.users, young.mean.estimate, young.mean.low, young.mean.high) == (30, 1, 1, 1)
    # of the old, one in four wants item 4: users 31, 35, ... 59
    assert young.gap.estimate == pytest.approx(1 - 8 / 30)
    assert 0.5 < young.gap.low < young.gap.estimate < young.gap.high < 1


def test_the_interval_of_all_users_is_that_of_the_mean() -> None:
    asked = people(events=lambda user: 1)
    lists = np.array([[1]] * USERS, np.int32)
    (light,) = [
        one for one in segments(lists, asked, groups_of(asked, [], 20), "recall") if one.kind == "activity"
    ]
    expected = mean_interval(np.array([float(user % 4 == 0) for user in range(USERS)]))
    assert light.gap is None, "there is no rest"
    assert (light.mean.low, light.mean.high) == pytest.approx((expected.low, expected.high))


def test_of_a_group_of_items_only_such_answers_count() -> None:
    asked = people()
    lists = np.array([[1, 2]] * USERS, np.int32)
    told = {one.name: one for one in segments(lists, asked, groups_of(asked, CATEGORIES, 20), "hit_rate")}
    assert (told["dairy"].mean.estimate, told["dairy"].gap.estimate) == (1, 1)
    assert (told["meat"].mean.estimate, told["meat"].users) == (0, 30)


def test_without_groups_there_is_nothing_to_tell() -> None:
    assert segments(np.array([[1]] * USERS, np.int32), people(), [], "ndcg") == []

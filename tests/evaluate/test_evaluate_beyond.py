"""What lists are like beside being right, by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recpipe import evaluate
from recpipe.core.workspace import Workspace
from recpipe.evaluate.audience import audience as read_audience
from recpipe.evaluate.beyond import beyond, diversity, exposure, gini, novelty, popularity_lift, repeat_share
from recpipe.evaluate.params import EvaluateParams
from tests.evaluate.audiences import audience
from tests.tiny import make_snapshot

LISTS = np.array([[1, 2], [1, 3], [1, 0]], np.int32)
# of 7 people 7 had item 1, three item 2, one item 3, nobody item 4
ASKED = audience([[1], [4, 3], [2]], [[2, 2], [3], []], [7, 3, 1, 0], users=7, late=[3])


def test_places_are_counted_by_item_and_empty_ones_are_none() -> None:
    assert exposure(LISTS, 4).tolist() == [3, 1, 1, 0]
    told = beyond(LISTS, ASKED, {})
    assert told["coverage"] == 0.75
    assert told["share of the top 1 %"] == 3 / 5


def test_gini_is_that_of_the_mean_absolute_difference() -> None:
    shown = np.array([3, 1, 1, 0, 9])
    by_pairs = np.abs(shown[:, None] - shown[None, :]).sum() / (2 * len(shown) ** 2 * shown.mean())
    assert gini(shown) == pytest.approx(by_pairs)
    assert gini(np.zeros(3)) == 0


def test_an_item_that_half_of_the_people_had_tells_one_bit() -> None:
    # (7 + 1) / (7 + 1) is 0 bits, (3 + 1) / 8 one, (1 + 1) / 8 two
    assert novelty(LISTS, ASKED).tolist() == [0.5, 1.0, 0.0]


def test_diversity_is_the_mean_distance_of_all_pairs() -> None:
    random = np.random.default_rng(0)
    vectors = np.concatenate([np.zeros((1, 4)), random.normal(size=(20, 4))])
    lists = np.stack([random.permutation(20)[:5] + 1 for _ in range(6)]).astype(np.int32)
    lists[0, 3:] = 0
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    expected = []
    for row in lists:
        items = row[row > 0]
        cosines = unit[items] @ unit[items].T
        expected.append(1 - (cosines.sum() - np.trace(cosines)) / (len(items) * (len(items) - 1)))
    assert diversity(lists, vectors) == pytest.approx(expected)
    assert diversity(lists, csr_array(vectors)) == pytest.approx(expected)


def test_items_of_one_category_are_alike_and_those_of_none_have_nothing_in_common() -> None:
    categories = csr_array(np.array([[0, 0], [1, 0], [1, 0], [0, 1], [0, 0]], float))
    lists = np.array([[1, 2], [1, 3], [1, 4]], np.int32)
    assert diversity(lists, categories) == pytest.approx([0, 1, 1])
    assert np.isnan(diversity(np.array([[1, 0]], np.int32), categories)).all()


def test_lift_is_the_popularity_of_the_list_over_that_of_the_history() -> None:
    # lists hold items that 5 and 4 people had on average, histories of 3 and 1; the third has none
    found = popularity_lift(LISTS, audience([[1]] * 3, [[2], [3], []], [7, 3, 1, 0]))
    assert found[:2].tolist() == [5 / 3 - 1, 4 / 1 - 1]
    assert np.isnan(found[2])


def test_a_repeat_is_what_the_user_had() -> None:
    assert repeat_share(LISTS, ASKED.seen).tolist() == [0.5, 0.5, 0.0]


def test_cold_users_and_cold_items_are_asked_by_themselves() -> None:
    told = beyond(LISTS, ASKED, {})
    # nothing is known of the third user, who misses item 2; item 3 is new since training, the second finds it
    assert told["cold-user recall"].estimate == 0
    assert told["cold-item recall"].estimate == 1


def test_where_nobody_is_cold_there_is_no_figure() -> None:
    told = beyond(LISTS, audience([[1]] * 3, [[2], [3], [2]], [7, 3, 1, 0]), {})
    assert told["cold-user recall"] is None
    assert told["cold-item recall"] is None


def test_the_audience_of_a_test_is_read_from_its_snapshot(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    known = {"a": ["x", "y", "x"], "b": ["y"], "c": []}
    make_snapshot(workspace, known, {"a": ["x"], "b": ["x"], "c": ["y"]})
    asked = read_audience(evaluate.held_out(workspace, "", EvaluateParams()))
    assert len(asked) == 2, "what a takes in the test is not new"
    assert [asked.relevant[row].tolist() for row in range(2)] == [[1], [2]]
    assert [asked.seen[row].tolist() for row in range(2)] == [[2], []]
    assert asked.events.tolist() == [1, 0]
    assert asked.holders.tolist() == [0, 1, 2]
    assert asked.users == 2
    assert not asked.is_late.any()

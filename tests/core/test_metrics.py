import numpy as np
import pytest

from recpipe.core.metrics import hits, ndcg_at_k, recall_at_k
from recpipe.core.ragged import Ragged


def test_hits_are_told_row_by_row() -> None:
    lists = np.array([[1, 2, 3], [1, 2, 3]], dtype=np.int32)
    assert hits(lists, Ragged.from_lists([[2, 9], [1, 3]])).tolist() == [
        [False, True, False],
        [True, False, True],
    ]


def test_the_unknown_item_is_never_a_hit() -> None:
    assert not hits(np.array([[0, 0]]), Ragged.from_lists([[0]])).any()


def test_as_many_lists_as_users_are_asked_for() -> None:
    with pytest.raises(ValueError, match="2 lists but 1 rows"):
        hits(np.ones((2, 3), dtype=np.int32), Ragged.from_lists([[1]]))


def test_a_perfect_list_scores_one_whatever_the_number_of_relevant_items() -> None:
    perfect = np.array([[True, False, False], [True, True, True]])
    assert ndcg_at_k(perfect, np.array([1, 50]), 3).tolist() == [1, 1]
    assert recall_at_k(perfect, np.array([1, 50]), 3).tolist() == [1, 1]


def test_a_hit_counts_less_further_down() -> None:
    one_hit = np.eye(3, dtype=bool)
    expected = [1, 1 / np.log2(3), 1 / 2]
    np.testing.assert_allclose(ndcg_at_k(one_hit, np.array([1, 1, 1]), 3), expected)


def test_only_the_first_k_places_count() -> None:
    late = np.array([[False, False, True]])
    assert ndcg_at_k(late, np.array([1]), 2).tolist() == [0]
    assert recall_at_k(late, np.array([1]), 2).tolist() == [0]


def test_lists_shorter_than_k_are_scored() -> None:
    assert ndcg_at_k(np.array([[True]]), np.array([1]), 10).tolist() == [1]
    assert recall_at_k(np.array([[True]]), np.array([4]), 10).tolist() == [0.25]


def test_a_user_without_relevant_items_scores_zero() -> None:
    assert ndcg_at_k(np.zeros((1, 3), dtype=bool), np.array([0]), 3).tolist() == [0]
    assert recall_at_k(np.zeros((1, 3), dtype=bool), np.array([0]), 3).tolist() == [0]

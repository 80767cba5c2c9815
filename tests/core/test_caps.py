import numpy as np
import pytest

from recpipe.core import caps as caps_module
from recpipe.core.caps import Cap, filled, within
from recpipe.core.retrieval import TopK

# items 1 to 12 score 12 to 1; groups: 1 to 6 are of group 1, 7 to 9 of group 2, 10 to 12 of none
GROUPS = np.array([0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 0, 0, 0], np.int32)


def searched(asked, items=12):
    def search(rows, depth):
        asked.append((rows.tolist(), depth))
        places = np.arange(1, depth + 1)
        indices = np.where(places <= items, places, 0).astype(np.int32)
        scores = np.where(places <= items, 13.0 - places, -np.inf).astype(np.float32)
        return TopK(np.tile(indices, (len(rows), 1)), np.tile(scores, (len(rows), 1)))

    return search


def test_without_caps_one_search_is_the_answer():
    asked = []
    assert filled(searched(asked), 2, 3, 3, 12, ()).indices.tolist() == [[1, 2, 3]] * 2
    assert asked == [([0, 1], 3)]


def test_what_is_over_a_cap_makes_room_for_what_ranks_deeper():
    asked = []
    found = filled(searched(asked), 2, 5, 5, 12, (Cap(GROUPS, 2),))
    assert found.indices.tolist() == [[1, 2, 7, 8, 10]] * 2
    assert found.scores.tolist() == [[12, 11, 6, 5, 3]] * 2
    assert [depth for _, depth in asked] == [5, 12], "deeper, but no deeper than there are items"


def test_only_lists_left_short_are_searched_deeper():
    asked = []
    plain = searched(asked)

    def search(rows, depth):
        found = plain(rows, depth)
        found.indices[rows == 1] = np.where(found.indices[rows == 1] < 4, found.indices[rows == 1] + 9, 0)
        return found

    found = filled(search, 2, 3, 3, 12, (Cap(GROUPS, 1),))
    assert found.indices.tolist() == [[1, 7, 10], [10, 11, 12]]
    assert asked == [([0, 1], 3), ([0], 12)]


def test_a_list_may_be_deeper_than_what_has_to_be_full():
    asked = []
    found = filled(searched(asked), 1, 1, 6, 12, (Cap(GROUPS, 2),))
    assert found.indices.tolist() == [[1, 2, 0, 0, 0, 0]]
    assert len(asked) == 1


def test_several_caps_hold_together():
    sellers = np.array([0, 1, 2, 1, 1, 1, 1, 1, 3, 3, 3, 4, 5], np.int32)
    found = filled(searched([]), 1, 5, 5, 12, (Cap(GROUPS, 2), Cap(sellers, 1)))
    assert found.indices.tolist() == [[1, 2, 8, 11, 12]]


def test_an_end_of_all_items_leaves_places_empty():
    found = filled(searched([]), 1, 12, 12, 12, (Cap(GROUPS, 1),))
    assert found.indices[0].tolist() == [1, 7, 10, 11, 12, *[0] * 7]
    assert np.isneginf(found.scores[0, 5:]).all()


def test_how_many_a_list_can_hold_is_known_before_it_is_searched():
    everything = np.arange(13) > 0
    assert Cap(GROUPS, 2).attainable(everything) == 7
    assert Cap(GROUPS, 2).attainable(everything & (GROUPS != 2)) == 5


def test_counting_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    indices = np.random.default_rng(0).permuted(np.tile(np.arange(13, dtype=np.int32), (9, 1)), axis=1)
    whole = within(indices, (Cap(GROUPS, 2),))
    monkeypatch.setattr(caps_module, "COUNTED", 4)
    np.testing.assert_array_equal(within(indices, (Cap(GROUPS, 2),)), whole)

import numpy as np
import pytest

from recpipe.core.ragged import Ragged

ROWS = Ragged.from_lists([[3, 1, 3], [], [2], [5, 4]])


def as_lists(ragged: Ragged) -> list[list[int]]:
    return [ragged[row].tolist() for row in range(len(ragged))]


def test_lists_come_back_as_they_were() -> None:
    assert as_lists(ROWS) == [[3, 1, 3], [], [2], [5, 4]]
    assert ROWS.lengths.tolist() == [3, 0, 1, 2]
    assert ROWS.row_numbers.tolist() == [0, 0, 0, 2, 3, 3]


def test_no_lists_are_no_rows() -> None:
    assert len(Ragged.from_lists([])) == 0


@pytest.mark.parametrize("rows", [[3, 0, 0, 1], [], [1]])
def test_rows_are_taken_in_the_given_order(rows: list[int]) -> None:
    assert as_lists(ROWS.take(np.array(rows, dtype=int))) == [as_lists(ROWS)[row] for row in rows]


def test_rows_are_taken_by_a_mask() -> None:
    assert as_lists(ROWS.take(np.array([True, False, False, True]))) == [[3, 1, 3], [5, 4]]


def test_values_are_left_out_and_rows_stay() -> None:
    assert as_lists(ROWS.where(ROWS.values > 2)) == [[3, 3], [], [], [5, 4]]


def test_unique_sorts_each_row_and_drops_repeats() -> None:
    assert as_lists(ROWS.unique()) == [[1, 3], [], [2], [4, 5]]


def test_values_are_looked_for_in_their_own_row_only() -> None:
    other = Ragged.from_lists([[1, 2], [3], [], [4, 5, 900]])
    assert ROWS.contained(other).tolist() == [False, True, False, False, True, True]
    assert other.contained(ROWS).tolist() == [True, False, False, True, True, False]


def test_rows_are_not_compared_with_another_number_of_rows() -> None:
    with pytest.raises(ValueError, match="4 rows cannot be compared with 1"):
        ROWS.contained(Ragged.from_lists([[1]]))


@pytest.mark.parametrize("offsets", [[0, 2], [1, 3], [0, 3, 2, 3], []])
def test_offsets_that_do_not_fit_are_refused(offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="offsets"):
        Ragged(np.array(offsets, dtype=np.int64), np.array([1, 2, 3]))

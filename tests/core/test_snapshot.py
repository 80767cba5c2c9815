import numpy as np
import pytest

from recpipe.core.errors import DataError
from recpipe.core.snapshot import Histories


@pytest.fixture
def histories() -> Histories:
    """Anna did 1 2 | 3 | 4 (train | validation | test), Ben nothing, Cleo 5 | | 6."""
    return Histories(
        user_ids=np.array(["anna", "ben", "cleo"], object),
        offsets=np.array([0, 4, 4, 6], np.int64),
        items=np.array([1, 2, 3, 4, 5, 6], np.int32),
        event_types=np.ones(6, np.uint8),
        times=np.arange(6, dtype=np.int64),
        counts=np.array([[2, 1, 1], [0, 0, 0], [1, 0, 1]], np.int32),
        attributes=np.array(['{"age":3}', "{}", "{}"], object),
    )


def lists(histories: Histories) -> list[list[int]]:
    return [part.tolist() for part in np.split(histories.items, histories.offsets[1:-1])]


def test_validation_knows_train_and_test_knows_both(histories: Histories) -> None:
    assert lists(histories.until("validation")) == [[1, 2], [], [5]]
    assert lists(histories.until("test")) == [[1, 2, 3], [], [5]]
    assert lists(histories.until("now")) == [[1, 2, 3, 4], [], [5, 6]]
    assert histories.until("test").counts.tolist() == [[2, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_parts_share_no_event(histories: Histories) -> None:
    parts = [histories.part(part) for part in ("train", "validation", "test")]
    assert [lists(part) for part in parts] == [[[1, 2], [], [5]], [[3], [], []], [[4], [], [6]]]
    assert parts[2].counts.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 1]]


def test_users_are_taken_in_the_order_asked_for(histories: Histories) -> None:
    taken = histories.take(np.array([2, 0]))
    assert taken.user_ids.tolist() == ["cleo", "anna"]
    assert lists(taken) == [[5, 6], [1, 2, 3, 4]]
    assert taken.counts.tolist() == [[1, 0, 1], [2, 1, 1]]
    assert taken.until("test").attributes.tolist() == ["{}", '{"age":3}']


def test_items_beyond_the_mapping_become_unknown(histories: Histories) -> None:
    assert lists(histories.translated(np.array([0, 3, 2, 1]))) == [[3, 2, 1, 0], [], [0, 0]]


def test_arrays_that_do_not_fit_together_are_refused(histories: Histories) -> None:
    with pytest.raises(DataError, match="do not fit together"):
        Histories(
            histories.user_ids[:2],
            *[getattr(histories, name) for name in ("offsets", "items", "event_types", "times", "counts")],
        )

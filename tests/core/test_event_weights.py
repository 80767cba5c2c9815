import numpy as np

from recpipe.core.event_weights import worth
from recpipe.core.snapshot import Histories

VIEW, PURCHASE, RETURN = 1, 2, 3
WEIGHTS = np.array([0, 1, 5, -1], np.float32)


def histories(*users: list[tuple[int, int]]) -> Histories:
    """Users as lists of (item, type), one event a day."""
    lengths = np.array([len(user) for user in users])
    items, types = np.array([event for user in users for event in user]).reshape(-1, 2).T
    return Histories(
        user_ids=np.array([f"u{row}" for row in range(len(users))], object),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        items=items.astype(np.int32),
        event_types=types.astype(np.uint8),
        times=np.arange(lengths.sum()),
        counts=np.stack([lengths, 0 * lengths, 0 * lengths], axis=1).astype(np.int32),
    )


def test_an_event_counts_the_weight_of_its_type() -> None:
    assert worth(histories([(1, VIEW), (2, PURCHASE)], [(1, PURCHASE)]), WEIGHTS).tolist() == [1, 5, 5]


def test_a_return_takes_back_what_its_user_did_with_the_item_before_and_nothing_else() -> None:
    world = histories(
        [(1, VIEW), (1, PURCHASE), (2, PURCHASE), (1, RETURN), (2, VIEW)], [(1, PURCHASE)], [], [(2, VIEW)]
    )
    assert worth(world, WEIGHTS).tolist() == [0, 0, 5, 0, 1, 5, 1]


def test_what_follows_a_return_counts_again() -> None:
    world = histories([(1, PURCHASE), (1, RETURN), (1, PURCHASE), (3, RETURN)], [(3, RETURN), (3, VIEW)])
    assert worth(world, WEIGHTS).tolist() == [0, 0, 5, 0, 0, 1]


def test_the_last_return_is_the_one_that_decides() -> None:
    world = histories([(1, RETURN), (1, PURCHASE), (1, RETURN), (1, VIEW)])
    assert worth(world, WEIGHTS).tolist() == [0, 0, 0, 1]


def test_a_view_that_weighs_nothing_leaves_the_purchase_after_it() -> None:
    weights = np.array([0, 0, 1, 1], np.float32)
    assert worth(histories([(1, VIEW), (1, PURCHASE), (2, VIEW)]), weights).tolist() == [0, 1, 0]


def test_nobody_and_nothing_is_worth_nothing() -> None:
    assert worth(histories([]), WEIGHTS).tolist() == []

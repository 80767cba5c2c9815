"""Targets are drawn in proportion to what their events weigh."""

import dataclasses

import numpy as np

from recpipe.core.snapshot import Histories
from recpipe.train.datasets import TARGETS, Batches
from recpipe.train.examples import build_examples
from recpipe.train.settings import Settings
from tests.train.worlds import DAY

VIEW, PURCHASE, RETURN = 1, 2, 3
WEIGHTS = np.array([0, 1, 4, -1], np.float32)


def histories(*users: list[tuple[int, float, int]]) -> Histories:
    """Users as lists of (item, day, type), all in the train part."""
    lengths = [len(user) for user in users]
    items, days, types = np.array([event for user in users for event in user]).T
    return Histories(
        user_ids=np.array([f"u{row}" for row in range(len(users))], dtype=object),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=items.astype(np.int32),
        event_types=types.astype(np.uint8),
        times=(days * DAY).astype(np.int64),
        counts=np.array([[length, 0, 0] for length in lengths], dtype=np.int32),
    )


def targets(world: Histories, params: Settings) -> list[list[tuple[int, float]]]:
    """(item, weight) of the targets of each query."""
    found = build_examples(world, params, WEIGHTS)
    pairs = list(zip(found.target_items.tolist(), found.target_weights.tolist(), strict=True))
    return [pairs[begin:end] for begin, end in zip(found.target_from, found.target_to, strict=True)]


def test_a_returned_item_is_no_target_and_a_user_who_returned_everything_has_none() -> None:
    world = histories(
        [(1, 0, PURCHASE), (2, 1, PURCHASE), (1, 2, RETURN)], [(1, 0, PURCHASE), (1, 5, RETURN)]
    )
    assert targets(world, Settings(window_days=1, targets="all")) == [[(2, 4.0)], [(2, 4.0)]]
    assert targets(world, Settings(window_days=1, targets="new")) == [[(2, 4.0)], [(2, 4.0)]]


def test_with_repeats_each_event_weighs_what_its_type_does() -> None:
    world = histories([(1, 0, VIEW), (1, 1, PURCHASE), (2, 2, VIEW)])
    found = targets(world, Settings(window_days=9, targets="all"))
    assert found == [[(1, 1.0), (1, 4.0), (2, 1.0)], [(1, 4.0), (2, 1.0)], [(2, 1.0)]]


def test_an_item_new_to_the_user_weighs_what_the_strongest_event_with_it_does() -> None:
    world = histories([(1, 0, VIEW), (1, 1, PURCHASE), (2, 2, VIEW)], [(1, 0, VIEW)])
    found = targets(world, Settings(window_days=0, targets="new"))
    assert found == [[(1, 4.0)], [(2, 1.0)], [(1, 1.0)]]


def test_targets_are_drawn_in_proportion_to_their_weights_within_their_own_window() -> None:
    world = histories(
        [(1, 0, VIEW), (2, 0, PURCHASE), (3, 1, VIEW), (4, 1, VIEW)], [(5, 0, PURCHASE), (6, 0, VIEW)]
    )
    params = Settings(window_days=0, targets="all", batch_size=3, targets_per_query=256, half_life_days=1e5)
    (batch,) = Batches(build_examples(world, params, WEIGHTS), params).epoch(1)
    shares = {
        frozenset(found.tolist()): np.bincount(drawn, minlength=7) / len(drawn)
        for drawn in batch[TARGETS].numpy()[:, 0]
        for found in [np.unique(drawn)]
    }
    assert set(shares) == {frozenset({1, 2}), frozenset({3, 4}), frozenset({5, 6})}
    for items, expected in (((1, 2), (0.2, 0.8)), ((3, 4), (0.5, 0.5)), ((5, 6), (0.8, 0.2))):
        np.testing.assert_allclose(shares[frozenset(items)][list(items)], expected, atol=0.07)


def test_a_draw_stays_in_its_window_whatever_is_rounded() -> None:
    users = [[(item, 0, PURCHASE if item % 3 else VIEW)] for item in range(1, 200)]
    weights = np.array([0, 0.1, 1 / 3], np.float32)
    params = Settings(window_days=0, targets="all", batch_size=199, targets_per_query=64, half_life_days=1e5)
    examples = build_examples(histories(*users), params, weights)
    batches = Batches(examples, params)
    for epoch in range(3):
        for batch in batches.epoch(epoch):
            drawn = batch[TARGETS].numpy()[:, 0]
            assert (drawn == batch["user"].numpy()[:, None]).all()


def test_target_shares_are_those_of_many_drawn_batches() -> None:
    random = np.random.default_rng(0)
    # the first two items are only looked at, the others bought
    users = [
        [(int(item), float(day), VIEW if item < 3 else PURCHASE) for day, item in enumerate(taken)]
        for taken in random.integers(1, 6, (30, 12))
    ]
    params = Settings(window_days=3, targets="all", half_life_days=5, batch_size=16)
    examples = build_examples(histories(*users), params, WEIGHTS)
    drawn = np.zeros(6)
    batches = Batches(examples, params)
    for epoch in range(30):
        for batch in batches.epoch(epoch):
            drawn += np.bincount(batch[TARGETS].numpy().ravel(), minlength=6)
    np.testing.assert_allclose(examples.target_shares(5), drawn / drawn.sum(), atol=0.02)
    alike = build_examples(histories(*users), params).target_shares(5)
    assert np.abs(alike - examples.target_shares(5)).max() > 0.05, "the weights matter here"


def test_equal_weights_change_nothing() -> None:
    world = histories([(1, 0, VIEW), (2, 1, PURCHASE), (1, 2, VIEW)], [(2, 0, VIEW), (3, 3, VIEW)])
    params = Settings(targets="all")
    plain, equal = (
        build_examples(world, params, weights) for weights in (None, np.array([0, 1, 1, 1], np.float32))
    )
    for field in dataclasses.fields(plain):
        assert np.array_equal(getattr(plain, field.name), getattr(equal, field.name))

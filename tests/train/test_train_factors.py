"""Singular vectors of worlds whose structure is known."""

import numpy as np
import pytest

from recpipe import train
from recpipe.core.snapshot import Histories
from recpipe.core.workspace import Workspace
from recpipe.train.factors import item_factors
from recpipe.train.fit import build_model
from recpipe.train.items import START
from recpipe.train.loader import Loader
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.test_train_examples import histories
from tests.train.worlds import parity_world


def two_kinds() -> Histories:
    """Six users of items 1 to 3, five of items 4 to 6, one of whom has 6 three times; 7 nobody has."""
    users = [[(item, 0.0) for item in (1, 2, 3)]] * 6 + [[(item, 0.0) for item in (4, 5, 6)]] * 5
    return histories(*users[:-1], [*users[-1], (6, 1.0), (6, 2.0)])


def test_items_of_the_same_users_are_near_and_others_at_right_angles() -> None:
    factors = item_factors(two_kinds(), 7, 2, seed=1)
    cosines = factors[1:7] @ factors[1:7].T
    cosines /= np.sqrt(np.outer(np.diag(cosines), np.diag(cosines)))
    same = np.kron(np.eye(2), np.ones((3, 3)))
    np.testing.assert_allclose(cosines, same, atol=1e-5)


def test_factors_are_those_of_a_whole_decomposition() -> None:
    random = np.random.default_rng(0)
    world = histories(*[[(int(item), 0.0) for item in random.integers(1, 8, 6)] for _ in range(20)])
    counts = np.zeros((20, 7))
    np.add.at(counts, (np.repeat(np.arange(20), world.lengths), world.items - 1), 1)
    _, sizes, components = np.linalg.svd(np.log1p(counts), full_matrices=False)
    expected = np.abs(components[:3].T * np.sqrt(sizes[:3]))
    expected /= np.sqrt((expected**2).mean(axis=1, keepdims=True))
    np.testing.assert_allclose(np.abs(item_factors(world, 7, 3, seed=1))[1:], expected, atol=1e-5)


def test_factors_repeat_and_do_not_depend_on_the_seed_not_even_in_their_signs() -> None:
    first, again, other = (item_factors(two_kinds(), 7, 2, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    np.testing.assert_allclose(first, other, atol=1e-5)
    assert (first.max(axis=0) >= -first.min(axis=0)).all()


def test_what_nobody_had_and_components_there_are_none_of_are_zeros() -> None:
    factors = item_factors(two_kinds(), 7, 20, seed=1)
    assert factors.shape == (8, 20)
    assert not factors[[0, 7]].any()
    assert not factors[:, 6:].any()
    assert np.isfinite(factors).all()
    assert not item_factors(histories([(1, 0.0)]), 2, 4, seed=1).any()


@pytest.mark.parametrize("dimension", [4, 40])
def test_ids_start_from_the_factors_at_the_usual_size(
    dimension: int, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12))
    data = train.read(workspace, "", Settings(dimension=dimension, svd_start=True))
    model = build_model(data, Loader(data))
    factors = item_factors(data.histories, data.vocabulary.size, dimension, data.params.seed)
    occurs = data.counts["validation"]["events"] > 0
    np.testing.assert_allclose(model.items.id_table, START * factors * occurs[:, None], rtol=1e-6)
    used = model.items.id_table.numpy()[occurs][:, factors.any(axis=0)]
    assert np.sqrt((used**2).mean()) == pytest.approx(START, rel=0.05)

"""The contract of encoders: whatever is in `ENCODERS` is held to it."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf

from recpipe import train
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import top_k
from recpipe.core.snapshot import Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.train.encoders import ENCODERS
from recpipe.train.inputs import USER, encoder_inputs
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.worlds import checkerboard_world, parity_world, partner_world, write_world

SLOWLY = [pytest.param(name, marks=[pytest.mark.slow] * (name != "id")) for name in ENCODERS]
"""Every encoder; networks take seconds to build each time, so they do in the slow tests."""


@dataclass(frozen=True)
class Trained:
    """A model of the parity world: even users take even items."""

    workspace: Workspace
    params: Settings
    fitted: train.Fitted
    version: str


@pytest.fixture(scope="module", params=ENCODERS)
def parity(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    workspace = Workspace.open(tmp_path_factory.mktemp(request.param))
    write_world(workspace, parity_world(), "world", {})
    params = small(request.param)
    fitted = train.fit(train.read(workspace, "", params))
    return Trained(workspace, params, fitted, train.save(workspace, fitted))


def small(encoder: str, **changes: object) -> Settings:
    # four dimensions: enough for two kinds of users, too few to learn each user by heart
    quick = {"dimension": 4, "max_history": 20, "epochs": 12, "patience": 30, "batch_size": 32}
    quick |= {"learning_rate": 0.05, "dropout": 0.1, "id_dropout": 0.0, "window_days": 30}
    if ENCODERS[encoder].every_position:  # a step has all of a history's queries, but a network to train
        quick |= {"dimension": 16, "learning_rate": 0.01, "epochs": 8, "batch_size": 16}
    return Settings(encoder=encoder, targets_per_query=4, **(quick | changes))  # type: ignore[arg-type]


def trained(workspace: Workspace, params: Settings) -> train.Recommender:
    """Train on the newest snapshot and load what was saved."""
    data = train.read(workspace, "", params)
    return train.load(workspace, train.save(workspace, train.fit(data)))


def lists(recommender: train.Recommender, snapshot: Snapshot, k: int, seen: bool = False) -> list[list[str]]:
    """Item ids for each user of the snapshot as of the test, what they have seen excluded."""
    every = Vocabulary(snapshot.items().column("item_id").to_numpy(zero_copy_only=False))
    before = recommender.translate(snapshot.histories().until("test"), every)
    excluded = None if seen else Ragged(before.offsets, before.items)
    found = top_k(recommender.query_vectors(before), recommender.item_vectors, k, excluded=excluded)
    return [[recommender.vocabulary.ids[index - 1] for index in row if index] for row in found.indices]


def test_even_users_get_even_items(parity: Trained) -> None:
    found = lists(train.load(parity.workspace, parity.version), Snapshot.open(parity.workspace, "world"), k=3)
    right = [int(item[1:]) % 2 == user % 2 for user, items in enumerate(found) for item in items]
    assert np.mean(right) >= 0.95


def test_a_version_means_the_same_for_another_snapshot_of_the_same_events(parity: Trained) -> None:
    recommender = train.load(parity.workspace, parity.version)
    # an id that sorts before all others moves every index by one
    newcomer = {"z": ([("a-new-item", 0.0)], [], [])}
    write_world(parity.workspace, {**parity_world(), **newcomer}, "second", {})
    first, second = (Snapshot.open(parity.workspace, name) for name in ("world", "second"))
    assert first.vocabulary.ids[0] != second.vocabulary.ids[0]
    assert lists(recommender, second, k=5)[: first.user_count] == lists(recommender, first, k=5)


def test_the_saved_tower_is_the_trained_one_and_needs_tensorflow_only(parity: Trained) -> None:
    model = parity.fitted.model
    tower = tf.saved_model.load(str(parity.workspace.models.path(parity.version) / "query_tower"))
    random = np.random.default_rng(0)
    inputs = {}
    for name in model.encoder.reads:
        shape = (5,) if name == USER else (5, parity.params.max_history)
        inputs[name] = tf.constant(random.integers(0, 12, shape, dtype=np.int32))
    found = tower.signatures["serving_default"](**inputs)["query_vector"].numpy()
    np.testing.assert_allclose(found, model.query_vectors(inputs).numpy(), rtol=1e-4, atol=1e-5)
    assert (found[:, -1] == 1).all()


def test_a_user_of_whom_nothing_is_known_gets_a_finite_vector(parity: Trained) -> None:
    recommender = train.load(parity.workspace, parity.version)
    stranger = Snapshot.open(parity.workspace, "world").histories().take(np.array([0])).until("validation")
    nothing = stranger.translated(np.zeros(1, dtype=np.int32))
    nothing.user_ids[:] = "nobody"
    vector = recommender.query_vectors(nothing)
    assert np.isfinite(vector).all()
    if parity.params.encoder == "id":
        assert vector[0].tolist() == [0] * 4 + [1]


def test_a_position_of_a_sequence_knows_nothing_that_comes_later(parity: Trained) -> None:
    model, length = parity.fitted.model, parity.params.max_history
    histories = Snapshot.open(parity.workspace, "world").histories().until("test")
    whole = encoder_inputs(model.encoder.reads, histories, length, Vocabulary(histories.user_ids))
    if not model.encoder.every_position:
        states = model.encoder({name: tf.constant(values) for name, values in whole.items()})
        assert states.shape == (len(histories), 1, parity.params.dimension), "one vector for the whole"
        return
    later = np.arange(length) < 3  # newest first
    other = {name: np.where(later, 1, values) for name, values in whole.items()}
    states, changed = (
        model.encoder({name: tf.constant(values) for name, values in each.items()}).numpy()
        for each in (whole, other)
    )
    np.testing.assert_allclose(states[:, 3:], changed[:, 3:], rtol=1e-4, atol=1e-5)
    assert np.abs(states[:, 0] - changed[:, 0]).max() > 1e-3


@pytest.mark.parametrize("encoder", ["id", "mean"])
def test_everyone_gets_the_withheld_square_of_the_checkerboard(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(checkerboard_world())
    found = lists(trained(workspace, small(encoder, epochs=15)), Snapshot.open(workspace), k=1)
    assert np.mean([items == [f"i{user:02d}"] for user, items in enumerate(found)]) >= 0.9


@pytest.mark.parametrize("encoder", [each for each in SLOWLY if each.values != ("id",)])
def test_an_item_is_followed_by_its_partner(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(partner_world())
    params = small(encoder, window_days=0, dimension=16, epochs=30)
    found = lists(trained(workspace, params), Snapshot.open(workspace), k=1)
    expected = [[parts[2][0][0]] for parts in partner_world().values()]
    assert np.mean([one == other for one, other in zip(found, expected, strict=True)]) >= 0.95


@pytest.mark.parametrize("encoder", SLOWLY)
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12))
    first, again, other = (
        train.fit(train.read(workspace, "", small(encoder, epochs=2, seed=seed))).model.get_weights()
        for seed in (1, 1, 2)
    )
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not all(np.array_equal(one, two) for one, two in zip(first, other, strict=True))


def test_the_parameter_names_every_encoder_and_no_other() -> None:
    assert set(get_args(Settings.model_fields["encoder"].annotation)) == set(ENCODERS)

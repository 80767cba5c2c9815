"""The contract of encoders: whatever is in `ENCODERS` is held to it."""

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
from recpipe.train.inputs import HISTORY, USER, encoder_inputs
from recpipe.train.params import TrainParams
from tests.train.conftest import Write
from tests.train.worlds import checkerboard_world, parity_world, partner_world

EVERY = pytest.mark.parametrize("encoder", ENCODERS)
OF_HISTORY = pytest.mark.parametrize(
    "encoder", [name for name, encoder in ENCODERS.items() if HISTORY in encoder.reads]
)


def small(encoder: str, **changes: object) -> TrainParams:
    # four dimensions: enough for two kinds of users, too few to learn each user by heart
    quick = {"dimension": 4, "max_history": 20, "epochs": 30, "patience": 30, "batch_size": 32}
    quick |= {
        "learning_rate": 0.05,
        "dropout": 0.1,
        "id_dropout": 0.0,
        "window_days": 30,
        "targets_per_query": 4,
    }
    return TrainParams(encoder=encoder, **(quick | changes))  # type: ignore[arg-type]


def trained(workspace: Workspace, params: TrainParams) -> train.Recommender:
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


def test_the_parameter_names_every_encoder_and_no_other() -> None:
    assert set(get_args(TrainParams.model_fields["encoder"].annotation)) == set(ENCODERS)


@EVERY
def test_even_users_get_even_items(encoder: str, workspace: Workspace, write_snapshot: Write) -> None:
    write_snapshot(parity_world())
    found = lists(trained(workspace, small(encoder)), Snapshot.open(workspace), k=3)
    right = [int(item[1:]) % 2 == user % 2 for user, items in enumerate(found) for item in items]
    assert np.mean(right) == 1


@EVERY
def test_everyone_gets_the_withheld_square_of_the_checkerboard(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(checkerboard_world())
    found = lists(trained(workspace, small(encoder)), Snapshot.open(workspace), k=1)
    assert found == [[f"i{user:02d}"] for user in range(20)]


@OF_HISTORY
def test_an_item_is_followed_by_its_partner(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(partner_world())
    params = small(encoder, window_days=0, dimension=16)
    found = lists(trained(workspace, params), Snapshot.open(workspace), k=1)
    expected = [[parts[2][0][0]] for parts in partner_world().values()]
    assert np.mean([one == other for one, other in zip(found, expected, strict=True)]) >= 0.95


@EVERY
def test_a_version_means_the_same_for_another_snapshot_of_the_same_events(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12), name="first")
    recommender = trained(workspace, small(encoder, epochs=3))
    # an id that sorts before all others moves every index by one
    newcomer = {"z": ([("a-new-item", 0.0)], [], [])}
    write_snapshot({**parity_world(users=12), **newcomer}, name="second")
    first, second = (Snapshot.open(workspace, name) for name in ("first", "second"))
    assert first.vocabulary.ids[0] != second.vocabulary.ids[0]
    assert lists(recommender, second, k=5)[:12] == lists(recommender, first, k=5)


@EVERY
def test_the_saved_tower_is_the_trained_one_and_needs_tensorflow_only(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12))
    params = small(encoder, epochs=2)
    fitted = train.fit(train.read(workspace, "", params))
    version = train.save(workspace, fitted)
    tower = tf.saved_model.load(str(workspace.models.path(version) / "query_tower"))
    random = np.random.default_rng(0)
    inputs = {}
    for name in fitted.model.encoder.reads:
        shape = (5,) if name == USER else (5, params.max_history)
        inputs[name] = tf.constant(random.integers(0, 12, shape, dtype=np.int32))
    found = tower.signatures["serving_default"](**inputs)["query_vector"].numpy()
    np.testing.assert_allclose(found, fitted.model.query_vectors(inputs).numpy(), rtol=1e-5, atol=1e-6)
    assert (found[:, -1] == 1).all()


@EVERY
def test_a_user_of_whom_nothing_is_known_gets_a_finite_vector(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12))
    recommender = trained(workspace, small(encoder, epochs=1))
    stranger = Snapshot.open(workspace).histories().take(np.array([0])).until("validation")
    nothing = stranger.translated(np.zeros(1, dtype=np.int32))
    nothing.user_ids[:] = "nobody"
    vector = recommender.query_vectors(nothing)
    assert np.isfinite(vector).all()
    if encoder == "id":
        assert vector[0].tolist() == [0] * 4 + [1]


@EVERY
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


@pytest.mark.parametrize("encoder", [name for name, encoder in ENCODERS.items() if encoder.every_position])
def test_a_position_of_a_sequence_knows_nothing_that_comes_later(
    encoder: str, workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12))
    params = small(encoder, epochs=1)
    model = train.fit(train.read(workspace, "", params)).model
    histories = Snapshot.open(workspace).histories().until("test")
    users = Vocabulary(histories.user_ids)
    whole = encoder_inputs(model.encoder.reads, histories, params.max_history, users)
    later = np.arange(params.max_history) < 3  # newest first
    other = {name: np.where(later, 1, values) for name, values in whole.items()}
    states, changed = (
        model.encoder({name: tf.constant(values) for name, values in each.items()}).numpy()
        for each in (whole, other)
    )
    np.testing.assert_allclose(states[:, 3:], changed[:, 3:], rtol=1e-4, atol=1e-5)
    assert np.abs(states[:, 0] - changed[:, 0]).max() > 1e-3

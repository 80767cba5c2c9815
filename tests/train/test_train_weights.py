"""What was learned finds its place again in a model of another snapshot: by name, not by number."""

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recpipe import train
from recpipe.core.refits import refit_of
from recpipe.core.registry import in_use
from recpipe.core.starts import started_from
from recpipe.core.workspace import Workspace
from recpipe.train import chance
from recpipe.train.checkpoint import key_of
from recpipe.train.fit import build_model, build_variables
from recpipe.train.loader import Loader
from recpipe.train.settings import Settings
from recpipe.train.two_tower import TwoTower
from recpipe.train.weights import BIAS, IDS, TYPE_ROWS, USER_ROWS, Weights, read_weights, trained
from tests.train.conftest import Write
from tests.train.worlds import World, parity_world, write_world

QUICK: dict[str, Any] = {
    "dimension": 4, "max_history": 8, "epochs": 1, "batch_size": 16, "targets_per_query": 2,
    "learning_rate": 1e-6, "patience": 9,
}  # fmt: skip
EARLY = {"validation_from": "1970-01-09T00:00:00", "test_from": "1970-01-10T00:00:00"}
LATER = {"validation_from": "1970-01-10T00:00:00", "test_from": "1970-01-11T00:00:00"}
KINDS = {f"i{item:02d}": [f"kind {item % 2}"] for item in range(24)}


def next_day(world: World) -> World:
    """A day later: its validation was trained on by now, and two users have joined and taken what is new."""
    moved = {user: ([*one, *two], three[:1], three[1:]) for user, (one, two, three) in world.items()}
    joined = ([("a-new", 5.0), ("i00", 6.0), ("i02", 7.0)], [("i04", 9.0)], [("i06", 10.0)])
    return {"a-user": joined, "b-user": joined} | moved


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the champion of one night and the snapshot of the next."""
    workspace = Workspace.open(tmp_path_factory.mktemp("nights") / "workspace")
    world = parity_world(users=12)
    write_world(workspace, world, "early", KINDS, EARLY)
    data = train.read(workspace, "", Settings(**QUICK | {"epochs": 4, "learning_rate": 0.05}))
    workspace.models.point("champion", train.save(workspace, train.fit(data)))
    kinds = KINDS | {"a-new": ["a-kind"], "i01": ["a-kind"]}
    write_world(workspace, next_day(world), "later", kinds, LATER)
    return workspace.root


@pytest.fixture
def later(two_nights: Path, workspace: Workspace) -> train.TrainingData:
    """The data of the second night, in a workspace of one's own."""
    shutil.copytree(two_nights, workspace.root, dirs_exist_ok=True)
    return train.read(workspace, "", Settings(**QUICK, warm_start="auto"))


def untrained(data: train.TrainingData) -> TwoTower:
    chance.start(data.params.seed)
    loader = Loader(data)
    model = build_model(data, loader)
    build_variables(model, loader)
    return model


def numbers(model: TwoTower) -> dict[str, np.ndarray]:
    return {name: variable.numpy() for name, variable in trained(model).items()}


def test_rows_of_items_and_features_go_by_name_and_new_ones_start_fresh(
    workspace: Workspace, later: train.TrainingData
) -> None:
    champion, data = workspace.models.pointed("champion"), later
    old = read_weights(workspace.models.path(champion), workspace.models.manifest(champion))
    model = untrained(data)
    fresh = numbers(model)
    old.put_into(model, data)
    found = numbers(model)
    assert data.vocabulary.ids[0] == "a-new", "every other item has moved by one"
    np.testing.assert_array_equal(found[IDS][2:], old.values[IDS][1:])
    np.testing.assert_array_equal(found[IDS][1], fresh[IDS][1])
    learned = found[BIAS] - model.items.start_bias
    np.testing.assert_allclose(learned[2:], old.values[BIAS][1:], atol=1e-6)
    assert learned[1] == 0
    kinds = "items.tables.categories"
    assert old.rows[kinds].tolist() == [None, "0: kind 0", "0: kind 1"]
    assert data.item_inputs.bags["categories"].names == ("0: a-kind", "0: kind 0", "0: kind 1")
    np.testing.assert_array_equal(found[kinds][2:], old.values[kinds][1:])
    np.testing.assert_array_equal(found[kinds][1], fresh[kinds][1])
    np.testing.assert_array_equal(found["items.tables.title"][0], fresh["items.tables.title"][0])
    for name in ("encoder.hidden.kernel", "encoder.log_spans"):
        np.testing.assert_array_equal(found[name], old.values[name])


def test_rows_of_users_go_by_id_and_rows_of_event_types_by_name(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(next_day(parity_world(users=4)), "later")
    for encoder, weight, names, kept in (
        ("id", USER_ROWS, [None, "gone", "u00", "b-user"], {2: 3, 3: 2}),
        ("gru", TYPE_ROWS, [None, "view", "purchase"], {1: 2}),
    ):
        data = train.read(workspace, "", Settings(**QUICK, encoder=encoder))
        model = untrained(data)
        before = numbers(model)[weight]
        values = np.arange(1, 1 + 4 * len(names), dtype=np.float32).reshape(-1, 4)
        Weights({weight: values}, {weight: np.array(names, dtype=object)}).put_into(model, data)
        after = numbers(model)[weight]
        expected = before.copy()
        expected[[0, *kept]] = values[[0, *kept.values()]]
        np.testing.assert_array_equal(after, expected)


def test_what_was_never_trained_and_what_has_another_form_keeps_its_first_values(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=4))
    data = train.read(workspace, "", Settings(**QUICK))
    model = untrained(data)
    before = numbers(model)
    zeros, wide = np.zeros((2, 4), np.float32), np.ones((2, 5), np.float32)
    names = np.array([None, "i00"], dtype=object)
    Weights({IDS: zeros, "encoder.log_spans": wide, "bygone": zeros}, {IDS: names}).put_into(model, data)
    for name, values in numbers(model).items():
        np.testing.assert_array_equal(values, before[name])


def test_a_warm_training_begins_where_the_champion_was(
    workspace: Workspace, later: train.TrainingData
) -> None:
    start = train.warm_start(workspace, later)
    warm, cold = train.fit(later, start=start), train.fit(later)
    assert [row["epoch"] for row in warm.curve] == [0, 1]
    assert warm.curve[0]["ndcg"] > cold.curve[0]["ndcg"], (
        "with so small a step nothing is learned in an epoch"
    )
    assert key_of(later, 0, start.version) != key_of(later)


def test_a_start_that_no_epoch_makes_better_is_kept_and_its_refit_starts_there_too(
    workspace: Workspace, later: train.TrainingData, caplog: pytest.LogCaptureFixture
) -> None:
    start = train.warm_start(workspace, later)
    params = later.params.model_copy(update={"learning_rate": 1.0})
    fitted = train.fit(dataclasses.replace(later, params=params), start=start)
    assert fitted.curve[0]["ndcg"] > fitted.curve[1]["ndcg"]
    assert fitted.best_epoch == 0
    model = untrained(later)
    assert start.weights
    start.weights.put_into(model, later)
    np.testing.assert_array_equal(fitted.model.item_vectors(), model.item_vectors())

    champion, version = start.version, train.save(workspace, fitted)
    manifest = workspace.models.manifest(version)
    assert manifest["started_from"] == manifest["champion_before"] == champion
    assert manifest["learned_until"] == "1970-01-09T00:00:00"
    workspace.models.point("champion", version)
    assert champion in in_use(workspace), "it is needed for every refit to come"

    refitted = train.refit(workspace, version, "")
    assert (refit_of(workspace, refitted), started_from(workspace, refitted)) == (version, champion)
    assert len(train.curve(workspace, refitted)) == 1, "the newest items are taught"
    workspace.models.remove(champion)
    workspace.models.remove(refitted)
    assert train.refit(workspace, version, "") == version
    assert f"{version} started from {champion}, which is gone" in caplog.text

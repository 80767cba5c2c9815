"""Items that a version never saw get vectors by what is known of them."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from recpipe import train
from recpipe.core.errors import DataError
from recpipe.core.files import read_json
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.train.attributes import AttributeCodes, learn_attributes
from recpipe.train.candidates import CODES, newcomer_bias
from recpipe.train.item_inputs import ItemCodes, word_bucket
from recpipe.train.settings import Settings
from tests.tiny import alter
from tests.train.conftest import Write
from tests.train.worlds import parity_world, write_world

QUICK: dict[str, Any] = {"dimension": 8, "max_history": 12, "batch_size": 16, "targets_per_query": 4}
QUICK |= {"window_days": 30, "learning_rate": 0.02, "dropout": 0.1, "id_dropout": 0.5, "use_titles": False}
KINDS = {f"i{item:02d}": ["all", ("even", "odd")[item % 2]] for item in range(24)}


def table(*rows: dict[str, Any]) -> pa.Table:
    text = [(name, pa.string()) for name in ("title", "attributes")]
    schema = pa.schema([*text, ("categories", pa.list_(pa.string()))])
    bare = {"title": None, "categories": [], "attributes": None}
    return pa.Table.from_pylist([bare | row for row in rows], schema)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, train.Fitted, str]:
    """Even users take even items, odd users odd ones; categories and an attribute tell which is which."""
    workspace = Workspace.open(tmp_path_factory.mktemp("candidates"))
    write_world(workspace, parity_world(), "world", KINDS)
    fitted = train.fit(train.read(workspace, "", Settings(**QUICK, epochs=4, patience=4)))
    return workspace, fitted, train.save(workspace, fitted)


@pytest.mark.parametrize("kind", [["all", "even"], ["all", "odd"]])
def test_an_item_of_a_launch_list_is_ranked_by_what_is_known_of_it(
    trained: tuple[Workspace, train.Fitted, str], kind: list[str]
) -> None:
    workspace, _, version = trained
    other = ["all", "odd" if kind[1] == "even" else "even"]
    vectors = train.new_item_vectors(workspace, version, table({"categories": kind}, {"categories": other}))
    histories = Snapshot.open(workspace).histories().until("test").translated(np.arange(25, dtype=np.int32))
    scores = train.load(workspace, version).query_vectors(histories) @ vectors.T
    is_own = np.array([("even", "odd")[user % 2] == kind[1] for user in range(len(histories))])
    assert ((scores[:, 0] > scores[:, 1]) == is_own).all()


def test_the_vector_of_a_known_item_is_the_same_but_for_its_id(
    trained: tuple[Workspace, train.Fitted, str],
) -> None:
    workspace, fitted, version = trained
    known = Snapshot.open(workspace).items()
    by_features = train.new_item_vectors(workspace, version, known)[:, :-1]
    own = fitted.model.items.id_table.numpy()[1:]
    served = train.load(workspace, version).item_vectors[1:, :-1]
    np.testing.assert_allclose(by_features + own, served, atol=1e-5)


def test_the_bias_is_that_of_items_which_nobody_had_of_late(
    trained: tuple[Workspace, train.Fitted, str],
) -> None:
    assert newcomer_bias(np.array([1.0, 5.0, 2.0]), np.array([0, 7, 0])) == 1.5
    workspace, fitted, version = trained
    users = fitted.data.counts["test"]["recent_users"][1:]
    served = train.load(workspace, version).item_vectors[1:, -1]
    bias = train.new_item_vectors(workspace, version, table({}, {"categories": ["all", "odd"]}))[:, -1]
    np.testing.assert_allclose(bias, newcomer_bias(served, users), rtol=1e-5)


def test_the_saved_tower_needs_tensorflow_only_and_says_what_it_reads(
    trained: tuple[Workspace, train.Fitted, str],
) -> None:
    workspace, _, version = trained
    folder = workspace.models.path(version)
    tower = tf.saved_model.load(str(folder / "candidate_tower")).signatures["serving_default"]
    reads = tower.structured_input_signature[1]
    assert sorted(reads) == ["attributes", "categories"]
    codes = read_json(folder / CODES)
    number = codes["categories"].index("1: odd") + 1
    some = {"categories": tf.constant([[number]]), "attributes": tf.constant([[0]])}
    by_hand = tower(**{name: tf.cast(value, tf.int32) for name, value in some.items()})["item_vector"]
    ours = train.new_item_vectors(workspace, version, table({"categories": ["unheard of", "odd"]}))
    np.testing.assert_allclose(by_hand, ours, atol=1e-6)


def test_a_version_that_knows_items_by_ids_only_says_so(workspace: Workspace, write_snapshot: Write) -> None:
    write_snapshot(parity_world(users=6))
    version = train.save(workspace, train.fit(train.read(workspace, "", Settings(**QUICK, epochs=1))))
    with pytest.raises(DataError, match="by their ids only"):
        train.new_item_vectors(workspace, version, table({}))


def test_an_altered_candidate_tower_is_refused(
    trained: tuple[Workspace, train.Fitted, str], tmp_path: Path
) -> None:
    shutil.copytree(trained[0].root, tmp_path / "copy")
    workspace, version = Workspace.open(tmp_path / "copy"), trained[2]
    alter(workspace.models.path(version) / CODES)
    with pytest.raises(DataError, match=CODES):
        train.new_item_vectors(workspace, version, table({}))


def test_what_is_read_of_items_survives_being_written() -> None:
    documents = ['{"color":"red","weight":1}', '{"color":"red","weight":"3"}', '{"price":1}', '{"price":900}']
    codes = ItemCodes(("0: tea",), learn_attributes(documents), titles=True)
    assert ItemCodes.read(codes.told()) == codes
    nothing = ItemCodes(None, None, titles=False)
    assert ItemCodes.read(nothing.told()) == nothing


def test_a_new_item_is_told_in_the_codes_of_the_known_ones() -> None:
    documents = ['{"color":"red","weight":1}', '{"color":"red","weight":3}', '{"color":"blue"}']
    inputs = ItemCodes(("0: tea", "1: green"), learn_attributes(documents), titles=True).encode(
        table(
            {
                "title": "Green tea",
                "categories": ["tea", "black"],
                "attributes": '{"color":"red","weight":5}',
            },
            {"attributes": '{"color":"blue","size":"xl","weight":"heavy"}'},
        )
    )
    assert inputs.bags["categories"].indices.tolist() == [[0], [1], [0]]
    assert inputs.bags["attributes"].indices.tolist() == [[0], [1], [0]], "blue was a single item's"
    assert inputs.bags["title"].indices[1].tolist() == [word_bucket("green"), word_bucket("tea")]
    assert inputs.numbers.tolist() == [[0, 1], [3, 0], [0, 1]]


def test_numbers_of_no_logarithm_are_missing() -> None:
    codes = learn_attributes([f'{{"price":{10**power}}}' for power in range(5)])
    assert codes.number_names == ("price: logarithm", "price: missing")
    assert codes.encode(['{"price":-1}', '{"price":100}'])[1].tolist() == [[0, 1], [0, 1], [0, 0]]
    assert AttributeCodes().encode(["{}"])[1].shape == (2, 0)

"""What is known of items becomes part of their vectors."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from recpipe import train
from recpipe.core.bags import Bag, packed
from recpipe.core.workspace import Workspace
from recpipe.train.attributes import learn_attributes
from recpipe.train.fit import build_model
from recpipe.train.item_inputs import (
    MOST_WORDS,
    WORD_BUCKETS,
    read_item_inputs,
    title_bag,
    word_bucket,
)
from recpipe.train.items import mean_of_bag
from recpipe.train.judge import embed
from recpipe.train.loader import Loader
from recpipe.train.settings import Settings
from recpipe.train.two_tower import TwoTower
from tests.train.conftest import Write
from tests.train.worlds import parity_world

QUICK: dict[str, Any] = {
    "dimension": 8,
    "max_history": 12,
    "batch_size": 16,
    "targets_per_query": 4,
    "window_days": 30,
}


def paths(*lists: list[str]) -> pa.Array:
    return pa.array(lists, pa.list_(pa.string()))


def read_attributes(documents: list[str | None]) -> tuple[Bag, np.ndarray]:
    return learn_attributes(documents).encode(documents)


def category_bag(lists: pa.Array) -> Bag:
    bare = {"title": pa.nulls(len(lists), pa.string()), "attributes": pa.nulls(len(lists), pa.string())}
    inputs = read_item_inputs(pa.table({"categories": lists} | bare), len(lists), Settings())
    return inputs.bags["categories"]


def untrained(data: train.TrainingData) -> TwoTower:
    return build_model(data, Loader(data))


def test_a_word_at_two_levels_is_two_features() -> None:
    bag = category_bag(paths(["tea", "green"], ["green"], ["tea", "green"], ["green"]))
    assert bag.size == 3
    first, second = bag.indices[1], bag.indices[2]
    assert bag.indices[0].tolist() == [0, 0]
    assert first[1] != second[0] > 0
    assert bag.indices[3].tolist() == first.tolist()
    assert bag.indices[4].tolist() == second.tolist() == [second[0], 0]


def test_a_feature_of_one_item_is_none() -> None:
    bag = category_bag(paths(["tea", "rare"], ["tea"], []))
    assert (bag.size, bag.indices.tolist()) == (1, [[0], [1], [1], [0]])


def test_the_words_of_a_title_are_hashed_whatever_their_case() -> None:
    bag = title_bag(pa.array(["Größe: a-b", "GRÖSSE b", None, ""]))
    assert bag.size == WORD_BUCKETS
    assert bag.indices[1].tolist() == [word_bucket(word) for word in ("größe", "a", "b")]
    assert bag.indices[2].tolist() == [word_bucket("GRÖSSE"), word_bucket("b"), 0]
    assert not bag.indices[[0, 3, 4]].any()


def test_the_bucket_of_a_word_never_changes() -> None:
    milk = 0xBC269C16  # CRC-32 of the word, in every process and on every machine
    assert word_bucket("Milk") == 1 + milk % WORD_BUCKETS


def test_a_long_title_takes_no_more_place_than_is_given_to_each_item() -> None:
    bag = title_bag(pa.array([" ".join(f"w{number}" for number in range(100)), "w1"]))
    assert bag.indices.shape == (3, MOST_WORDS)
    assert bag.indices[1, 0] == word_bucket("w0")


def test_attributes_are_features_by_name_and_value() -> None:
    bag, numbers = read_attributes(
        [
            '{"color":"red","size":"red"}',
            '{"color":"red"}',
            '{"size":"red"}',
            None,
            '{"color":["blue","red"]}',
        ]
    )
    red_color, red_size = bag.indices[1]
    assert bag.indices[1:, 0].tolist() == [red_color, red_color, red_size, 0, red_color]
    assert red_color != red_size
    assert numbers.shape == (6, 0)


def test_numbers_are_standardised_and_missing_ones_are_told() -> None:
    bag, numbers = read_attributes(['{"weight":1}', '{"weight":"3"}', "{}"])
    assert not bag.indices.any()
    assert numbers.tolist() == [[0, 1], [-1, 0], [1, 0], [0, 1]]


def test_heavy_tailed_numbers_are_told_by_their_logarithm() -> None:
    _, numbers = read_attributes(['{"price":%s}' % 10**power for power in range(5)])
    np.testing.assert_allclose(np.diff(numbers[1:, 0]), [2**-0.5] * 4, rtol=1e-5)


def test_a_number_far_from_the_others_does_not_rule() -> None:
    _, numbers = read_attributes([f'{{"depth":{depth}}}' for depth in [*([-1, 1] * 500), -10_000]])
    assert numbers[-1, 0] == -5


def test_ids_codes_and_leading_zeros_are_names() -> None:
    for name in ("maker_id", "zip code", "makerId", "id"):
        bag, numbers = read_attributes([f'{{"{name}":"{value}"}}' for value in (1, 2, 1, 2)])
        assert (bag.size, numbers.shape[1]) == (2, 0)
    bag, numbers = read_attributes(['{"branch":"007"}', '{"branch":"007"}', '{"branch":"12"}'])
    assert (bag.size, numbers.shape[1]) == (1, 0)


def test_a_bag_counts_as_the_mean_of_its_features() -> None:
    table = tf.Variable([[9.0], [1.0], [3.0]])
    assert mean_of_bag(table, tf.constant([[1, 2], [2, 0], [0, 0]])).numpy().tolist() == [[2], [3], [0]]


def test_the_gradient_of_a_bag_touches_its_rows_only() -> None:
    table = tf.Variable(np.ones((100, 2), dtype=np.float32))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(mean_of_bag(table, tf.constant([[3, 5], [5, 0]])))
    gradient = tape.gradient(total, table)
    assert isinstance(gradient, tf.IndexedSlices)
    assert sorted(gradient.indices.numpy().tolist()) == [3, 5]
    dense = tf.convert_to_tensor(gradient).numpy()
    assert dense[[3, 5], 0].tolist() == [0.5, 1.5]


def test_features_that_only_items_without_events_have_start_at_zero() -> None:
    bag = packed(np.array([1, 2, 2]), np.array([1, 1, 2]), 2, 8, 2)
    assert bag.occurring(np.array([False, True, False])).tolist() == [False, True, False]


KNOWN = {
    "use_categories": lambda parity: {"categories": ["all", ("even", "odd")[parity]]},
    "use_attributes": lambda parity: {"attributes": f'{{"kind":"{("even", "odd")[parity]}"}}'},
    "use_titles": lambda parity: {"title": f"an {('even', 'odd')[parity]} thing"},
    "numbers": lambda parity: {"attributes": f'{{"height":{("1", "9")[parity]}}}'},
}


@pytest.fixture
def described_world(request: pytest.FixtureRequest, write_snapshot: Write, monkeypatch: Any) -> str:
    """Even users take even items, and one thing is known of each item: by it the two kinds can be told.

    Items n0 and n1, one of each kind, are first sold in the validation part.
    """
    known = KNOWN[request.param]
    world = dict(parity_world())
    for user in range(2):
        before, validation, test = world[f"u{user:02d}"]
        world[f"u{user:02d}"] = (before, [*validation, (f"n{user}", 40.0)], test)
    monkeypatch.setattr("tests.train.worlds.items", lambda ids, _: described(ids, known))
    write_snapshot(world)
    return str(request.param)


def described(ids: list[str], known: Any) -> pa.Table:
    bare = {"title": None, "categories": [], "attributes": "{}"}
    rows = [
        {"item_index": index, "item_id": item} | bare | known(int(item[1:]) % 2)
        for index, item in enumerate(ids, start=1)
    ]
    text = [(name, pa.string()) for name in ("item_id", "title", "attributes")]
    schema = pa.schema([("item_index", pa.int32()), *text, ("categories", pa.list_(pa.string()))])
    return pa.Table.from_pylist(rows, schema)


@pytest.mark.parametrize("described_world", KNOWN, indirect=True)
def test_an_item_without_history_is_ranked_by_what_is_known_of_it(
    described_world: str, workspace: Workspace
) -> None:
    params = Settings(**QUICK, epochs=6, patience=6, learning_rate=0.02, dropout=0.1, id_dropout=0.5)
    data = train.read(workspace, "", params)
    model = train.fit(data).model
    new = data.vocabulary.index_of(np.array(["n0", "n1"], dtype=object))
    queries = embed(model, data.histories, data.users, params)
    even, odd = (queries[:, :-1] @ model.item_vectors()[new, :-1].T).T
    is_odd_user = np.array([int(user[1:]) % 2 == 1 for user in data.histories.user_ids])
    assert ((odd > even) == is_odd_user).all()


@pytest.mark.parametrize("described_world", ["use_categories", "use_attributes", "use_titles"], indirect=True)
def test_a_switch_takes_out_what_it_names(described_world: str, workspace: Workspace) -> None:
    new = {
        is_on: untrained(train.read(workspace, "", Settings(**QUICK, **{described_world: is_on})))
        .item_vectors()[-2:, :-1]
        .any()
        for is_on in (True, False)
    }
    # nothing is known of a new item but what the switch lets in
    assert new == {True: True, False: False}


def test_a_catalogue_of_which_nothing_is_known_has_no_bags() -> None:
    bare = pa.table(
        {
            "title": pa.nulls(2, pa.string()),
            "categories": paths([], []),
            "attributes": pa.array(["{}", None]),
        }
    )
    inputs = read_item_inputs(bare, 2, Settings())
    assert (inputs.bags, inputs.numbers.shape) == ({}, (3, 0))

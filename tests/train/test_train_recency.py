"""What popularity of the moment weighs: of the last month, and of the last week."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recpipe import train
from recpipe.core.ragged import Ragged
from recpipe.core.workspace import Workspace
from recpipe.train.fit import build_model
from recpipe.train.judge import embed, judge_vectors
from recpipe.train.loader import Loader
from recpipe.train.recency import (
    AS_TRAINED,
    top_of_the_grid,
    vectors_at,
    weigh_popularity,
    within_an_error,
)
from recpipe.train.settings import Settings
from recpipe.train.two_tower import TwoTower
from tests.train.conftest import Write
from tests.train.worlds import parity_world

QUICK = Settings(dimension=4, max_history=8, batch_size=16, targets_per_query=2, id_dropout=0)


@pytest.fixture
def data(workspace: Workspace, write_snapshot: Write) -> train.TrainingData:
    write_snapshot(parity_world(users=12))
    return train.read(workspace, "", QUICK)


def silent(data: train.TrainingData) -> TwoTower:
    """A model of which nothing but popularity speaks."""
    model = build_model(data, Loader(data))
    for variable in model.items.trainable_variables:
        if variable is not model.items.bias:
            variable.assign(np.zeros_like(variable.numpy()))
    assert not model.item_vectors()[:, :-1].any()
    return model


def where_all_take(data: train.TrainingData, right: int, **users: dict[int, float]) -> train.TrainingData:
    """The same, but all judges are right with one item, have seen nothing, and popularity is what is given."""
    count = len(data.judges)
    relevant = Ragged.from_lists([[right]] * count)
    judges = replace(data.judges, seen=Ragged.from_lists([[]] * count), relevant=relevant)
    counts = {name: np.zeros(data.vocabulary.size + 1, np.float32) for name in users}
    for name, values in users.items():
        counts[name][list(values)] = list(values.values())
    return replace(data, judges=judges, counts={"validation": data.counts["validation"] | counts})


def test_the_weights_are_a_top_of_the_grid() -> None:
    def ndcg(weights: tuple[float, float]) -> np.ndarray:
        return np.array([-abs(weights[0] - 1.6) - abs(weights[1] - 0.4)])

    assert top_of_the_grid(ndcg) == (1.5, 0.5)


def test_more_popularity_is_taken_while_it_is_no_worse_than_by_an_error() -> None:
    noise = np.tile([-0.1, 0.1], 50)  # of the judges, for each weight that is not the best: an error of .01

    def ndcg(weights: tuple[float, float]) -> np.ndarray:
        distance = abs(weights[0] - 1.25)
        return -0.01 * distance + noise * (distance > 0)

    assert top_of_the_grid(ndcg) == (1.25, 0.0)
    assert within_an_error(ndcg, (1.25, 0.0)) == (2.0, 0.0), "0.0075 worse; 3.0 would be 0.0175"
    assert within_an_error(lambda weights: noise * 0, (1.25, 0.0)) == (1.25, 0.0), "where all is the same"


def test_the_judges_ndcg_is_that_of_the_vectors_with_the_weights(data: train.TrainingData) -> None:
    model = silent(data)
    weights, ndcg = weigh_popularity(model, data)
    queries = embed(model, data.judges.histories, data.users, QUICK)
    assert ndcg == judge_vectors(queries, vectors_at(model, data, "validation", weights), data.judges)


@pytest.mark.parametrize(
    ("recent", "latest", "weighs"),
    [
        # item 3 was liked by all in the month and by nobody in the week; right is what the week likes
        ({3: 4, 5: 3}, {5: 4}, lambda weights: weights[1] > 0),
        ({5: 4, 3: 3}, {3: 1}, lambda weights: weights == AS_TRAINED),
    ],
)
def test_the_week_weighs_where_it_tells_more_than_the_month(
    data: train.TrainingData, recent: dict[int, float], latest: dict[int, float], weighs: Any
) -> None:
    world = where_all_take(data, 5, recent_users=recent, latest_users=latest)
    weights, ndcg = weigh_popularity(silent(world), world)
    assert weighs(weights)
    assert ndcg == 1


def test_popularity_that_misleads_weighs_less(data: train.TrainingData) -> None:
    world = where_all_take(data, 5, recent_users={6: 1.9, 7: 2.7}, latest_users={})
    model = silent(world)
    bias = model.items.bias.numpy()
    bias[5] += 1.0
    model.items.bias.assign(bias)
    weights, ndcg = weigh_popularity(model, world)
    assert weights[0] < 1
    assert ndcg == 1


def test_without_judges_popularity_weighs_what_it_did_in_training(data: train.TrainingData) -> None:
    nobody = replace(data, judges=replace(data.judges, relevant=Ragged.from_lists([])))
    weights, ndcg = weigh_popularity(silent(data), nobody)
    assert weights == AS_TRAINED
    assert math.isnan(ndcg)

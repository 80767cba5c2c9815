"""An option that does nothing does not exist: each one changes what it says."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from recpipe import train
from recpipe.core.workspace import Workspace
from recpipe.train import chance
from recpipe.train.datasets import Batches
from recpipe.train.examples import build_examples
from recpipe.train.fit import build_model
from recpipe.train.judge import embed
from recpipe.train.loader import Loader
from recpipe.train.params import TrainParams
from recpipe.train.survey import LATEST_USERS, RECENT_USERS
from recpipe.train.two_tower import TwoTower
from tests.train.worlds import market_world, write_world

BASE: dict[str, Any] = {
    "dimension": 4,
    "max_history": 8,
    "epochs": 1,
    "batch_size": 16,
    "targets_per_query": 2,
    "learning_rate": 0.01,
}
Observe = Callable[[train.TrainingData], Any]


def examples(data: train.TrainingData) -> Any:
    found = build_examples(data.histories, data.params)
    return [found.history_to, found.target_to, found.target_items, found.weights]


def first_batch(data: train.TrainingData) -> Any:
    batches = Batches(build_examples(data.histories, data.params), data.params)
    return [values.numpy() for values in next(iter(batches.epoch(1))).values()]


def untrained(data: train.TrainingData) -> TwoTower:
    chance.start(data.params.seed)
    return build_model(data, Loader(data))


def vectors_before_training(data: train.TrainingData) -> Any:
    return [embed(untrained(data), data.histories, data.users, data.params)]


def item_vectors_before_training(data: train.TrainingData) -> Any:
    return [untrained(data).item_vectors()]


FITTED: dict[str, train.Fitted] = {}
"""What was trained, by parameters: all tests read the one world."""


def fit(data: train.TrainingData) -> train.Fitted:
    key = data.params.model_dump_json()
    if key not in FITTED:
        FITTED[key] = train.fit(data)
    return FITTED[key]


def item_vectors(data: train.TrainingData) -> Any:
    return [fit(data).model.item_vectors()]


def epochs_run(data: train.TrainingData) -> Any:
    return [len(fit(data).curve)]


def why_training_ended(data: train.TrainingData) -> Any:
    return [fit(data).ended]


CHANGES: dict[str, tuple[Any, Observe]] = {
    "encoder": ("id", vectors_before_training),
    "loss": ("bce", item_vectors),
    "negatives": (3, item_vectors),
    "layers": (1, vectors_before_training),
    "heads": (1, vectors_before_training),
    "dimension": (5, vectors_before_training),
    "max_history": (4, first_batch),
    "same_time": ("sequence", examples),
    "window_days": (3.0, examples),
    "targets": ("all", examples),
    "targets_per_query": (3, first_batch),
    "repeats": ("off", lambda data: [train.fit_repeats(data) is None]),
    "half_life_days": (5.0, examples),
    "recent_days": (10, lambda data: [data.counts["validation"][RECENT_USERS]]),
    "latest_days": (20, lambda data: [data.counts["validation"][LATEST_USERS]]),
    "recency": ("learned", lambda data: [data.past is None]),
    "epochs": (2, epochs_run),
    "batch_size": (8, first_batch),
    "learning_rate": (0.1, item_vectors),
    "warmup_share": (0.9, item_vectors),
    "dropout": (0.6, item_vectors),
    "id_dropout": (0.6, item_vectors),
    "use_categories": (False, item_vectors_before_training),
    "use_attributes": (False, item_vectors_before_training),
    "use_titles": (False, item_vectors_before_training),
    "use_user_attributes": (False, vectors_before_training),
    "svd_start": (False, item_vectors_before_training),
    "patience": (1, epochs_run),
    "max_minutes": (1e-9, why_training_ended),
    "max_cpu_seconds": (1e-9, why_training_ended),
    "validation_users": (3, lambda data: [data.judges.relevant.values]),
    "sample": (0.5, lambda data: [data.histories.items]),
    "seed": (7, first_batch),
}
NEEDS = {
    "negatives": {"loss": "sampled_softmax"},
    "layers": {"encoder": "attention"},
    "heads": {"encoder": "attention"},
    "patience": {"epochs": 5, "patience": 5, "learning_rate": 0.5},
}


def test_every_parameter_is_tried_below() -> None:
    """`refit` changes nothing of a training: test_train_refit.py and the corridor's tests have it.

    `warm_start` needs a champion: test_train_warm_start.py.
    """
    assert set(CHANGES) | {"refit", "warm_start"} == set(TrainParams.model_fields)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace.open(tmp_path_factory.mktemp("market"))
    kinds = {f"i{item:02d}": [f"kind {item % 2}"] for item in range(15)}
    ages = {f"u{user:02d}": f'{{"age":{user}}}' for user in range(12)}
    write_world(workspace, market_world(), "world", kinds, attributes=ages)
    return workspace


@pytest.mark.parametrize("name", CHANGES)
def test_a_parameter_changes_what_it_says(name: str, market: Workspace) -> None:
    value, observe = CHANGES[name]
    base = BASE | NEEDS.get(name, {})
    before, after = (
        observe(train.read(market, "", TrainParams(**values))) for values in (base, base | {name: value})
    )
    same = [np.array_equal(one, other) for one, other in zip(before, after, strict=True)]
    assert not all(same)


@pytest.mark.parametrize("name", CHANGES)
def test_a_parameter_says_what_it_means(name: str) -> None:
    assert TrainParams.model_fields[name].description


@pytest.mark.parametrize(
    "wrong",
    [
        {"epoch": 3},
        {"epochs": 0},
        {"dropout": 1.0},
        {"encoder": "lstm"},
        {"sample": 0},
        {"max_minutes": 0},
        {"max_cpu_seconds": 0},
    ],
)
def test_a_parameter_that_is_unknown_or_out_of_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TrainParams(**wrong)

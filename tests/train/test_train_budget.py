import dataclasses
import logging
import math

import numpy as np
import pytest
import tensorflow as tf

from recpipe import train
from recpipe.core.workspace import Workspace
from recpipe.train import chance
from recpipe.train.budget import Budget
from recpipe.train.schedule import FINAL_RATE, Schedule
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.worlds import parity_world

QUICK = Settings(dimension=4, max_history=8, epochs=3, batch_size=4, targets_per_query=2)


@pytest.fixture
def data(workspace: Workspace, write_snapshot: Write) -> train.TrainingData:
    write_snapshot(parity_world(users=12))
    return train.read(workspace, "", QUICK)


@pytest.mark.parametrize("limit", ["max_minutes", "max_cpu_seconds"])
def test_a_spent_budget_ends_training_within_the_epoch_and_judges_what_there_is(
    limit: str, data: train.TrainingData, caplog: pytest.LogCaptureFixture
) -> None:
    tight = dataclasses.replace(data, params=QUICK.model_copy(update={limit: 1e-9}))
    with caplog.at_level(logging.INFO, logger="recpipe"):
        fitted = train.fit(tight)
    assert (fitted.ended, fitted.best_epoch, len(fitted.curve)) == ("budget", 1, 1)
    assert int(fitted.model.optimizer.iterations) == 1, "the step at work was the last"
    assert math.isfinite(fitted.curve[0]["ndcg"])
    assert any("training ended after epoch 1: budget" in line for line in caplog.messages)


def test_what_an_interrupted_training_has_used_counts() -> None:
    params = QUICK.model_copy(update={"max_minutes": 1.0, "max_cpu_seconds": 50.0})
    assert not Budget(params).is_spent
    assert Budget(params, used=(60.0, 0.0)).is_spent
    assert Budget(params, used=(0.0, 50.0)).is_spent


@pytest.mark.parametrize(
    ("changes", "reason"), [({}, "all epochs"), ({"epochs": 50, "learning_rate": 0.5}, "patience")]
)
def test_why_training_ended_is_kept_in_the_figures(
    changes: dict[str, float], reason: str, workspace: Workspace, data: train.TrainingData
) -> None:
    params = QUICK.model_copy(update={"patience": 3, "batch_size": 16} | changes)
    version = train.save(workspace, train.fit(dataclasses.replace(data, params=params)))
    assert train.figures(workspace, version)["ended"] == reason


SLOPE = QUICK.model_copy(update={"warmup_share": 0.1, "learning_rate": 1.0})


def test_the_step_size_rises_then_falls_to_a_tenth() -> None:
    schedule = Schedule(SLOPE, 100)
    at = {step: float(schedule(tf.constant(step))) for step in (0, 4, 9, 10, 55, 100)}
    middle = FINAL_RATE + (1 - FINAL_RATE) / 2
    assert at == pytest.approx({0: 0.1, 4: 0.5, 9: 1.0, 10: 1.0, 55: middle, 100: FINAL_RATE})


def test_a_budget_that_will_end_training_brings_the_step_size_down_with_it() -> None:
    schedule = Schedule(SLOPE, 100)
    schedule.spent.assign(0.55)
    assert float(schedule(tf.constant(20))) == pytest.approx(float(Schedule(SLOPE, 100)(tf.constant(55))))
    assert float(schedule(tf.constant(90))) == pytest.approx(float(Schedule(SLOPE, 100)(tf.constant(90))))


def test_only_a_budget_that_was_set_has_a_share() -> None:
    assert Budget(QUICK, used=(1e5, 1e5)).share == 0
    limited = QUICK.model_copy(update={"max_minutes": 1.0, "max_cpu_seconds": 50.0})
    assert Budget(limited, used=(15.0, 0.0)).share == pytest.approx(0.25, abs=0.01)
    assert Budget(limited, used=(15.0, 25.0)).share == pytest.approx(0.5, abs=0.01)


def test_an_epoch_draws_the_same_again_and_the_next_one_other_numbers() -> None:
    drawn = []
    for epoch in (1, 2, 1):
        chance.start_epoch(7, epoch)
        drawn.append(chance.uniform([5]).numpy())
    np.testing.assert_array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[1])


def test_dropout_leaves_out_its_share_in_training_only() -> None:
    chance.start(1)
    ones = np.ones((200, 200), dtype=np.float32)
    left = chance.Dropout(0.25)(ones, training=True).numpy()
    assert (left == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert left.max() == pytest.approx(1 / 0.75)
    assert (chance.Dropout(0.25)(ones).numpy() == 1).all()

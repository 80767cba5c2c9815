import dataclasses
import logging

import numpy as np
import pytest

from recpipe import train
from recpipe.core.errors import StageError
from recpipe.core.progress import Progress
from recpipe.core.workspace import Workspace
from recpipe.train.fit import Fitted, build_model
from recpipe.train.judge import check_collapse, judge
from recpipe.train.loader import Loader
from recpipe.train.optimizer import LazyAdam
from recpipe.train.recency import log_users
from recpipe.train.settings import Settings
from recpipe.train.two_tower import TwoTower
from tests.train.conftest import Write
from tests.train.worlds import parity_world

QUICK = Settings(dimension=4, max_history=8, epochs=3, batch_size=16, targets_per_query=2, id_dropout=0)


@pytest.fixture
def data(workspace: Workspace, write_snapshot: Write) -> train.TrainingData:
    write_snapshot(parity_world(users=12))
    return train.read(workspace, "", QUICK)


def with_params(data: train.TrainingData, **changes: object) -> train.TrainingData:
    return dataclasses.replace(data, params=QUICK.model_copy(update=changes))


def untrained(data: train.TrainingData) -> TwoTower:
    return build_model(data, Loader(data))


def test_the_weights_are_those_of_the_best_epoch(data: train.TrainingData) -> None:
    fitted: Fitted = train.fit(with_params(data, epochs=8, patience=8, learning_rate=0.5))
    ndcg = [row["ndcg"] for row in fitted.curve]
    assert fitted.best_epoch == int(np.argmax(ndcg)) + 1
    assert judge(fitted.model, data, QUICK) == pytest.approx(max(ndcg))


def test_training_ends_when_patience_is_over(data: train.TrainingData) -> None:
    fitted = train.fit(with_params(data, epochs=50, patience=2, learning_rate=0.5))
    assert len(fitted.curve) == fitted.best_epoch + 2


def test_each_epoch_is_told(data: train.TrainingData, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="recpipe"):
        train.fit(with_params(data, epochs=1))
    assert any("epoch 1 of 1" in line and "NDCG@10" in line for line in caplog.messages)


def test_how_far_training_is_is_told(
    data: train.TrainingData, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recpipe.core.progress.INTERVAL_SECONDS", 0)
    with caplog.at_level(logging.INFO, logger="recpipe"):
        train.fit(with_params(data, batch_size=4))
    told = [found for line in caplog.messages if (found := Progress.parse(line))]
    assert {line.label for line in told} == {"training"}
    assert [line.done for line in told] == sorted({line.done for line in told})


def test_without_judges_all_epochs_are_run_and_the_last_weights_kept(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot({user: (parts[0], [], parts[2]) for user, parts in parity_world(users=6).items()})
    fitted = train.fit(train.read(workspace, "", QUICK))
    assert (len(fitted.curve), fitted.best_epoch) == (3, 3)


def test_a_loss_that_is_no_number_is_named(data: train.TrainingData) -> None:
    data.counts["validation"]["recent_users"][1:] = np.nan
    with pytest.raises(StageError, match="the loss is nan in epoch 1"):
        train.fit(data)


def test_one_vector_for_all_users_is_called_a_collapse(data: train.TrainingData) -> None:
    model = untrained(data)
    model.query_vectors({"history": np.zeros((1, 8), dtype=np.int32)})
    model.encoder.set_weights([np.zeros_like(weights) for weights in model.encoder.get_weights()])
    model.items.bias.assign(np.arange(len(model.items.bias.numpy())))
    with pytest.raises(StageError, match="query vectors are the same"):
        check_collapse(model, data, QUICK)


def test_one_vector_for_all_items_is_called_a_collapse(data: train.TrainingData) -> None:
    model = untrained(data)
    model.items.set_weights([np.ones_like(weights) for weights in model.items.get_weights()])
    with pytest.raises(StageError, match="vectors are the same"):
        check_collapse(model, data, QUICK)


def test_vectors_that_are_no_numbers_are_named(data: train.TrainingData) -> None:
    model = untrained(data)
    model.items.bias.assign(np.full(len(model.items.bias.numpy()), np.nan))
    with pytest.raises(StageError, match="item vectors hold NaN"):
        check_collapse(model, data, QUICK)


def test_the_bias_starts_at_recent_popularity(data: train.TrainingData) -> None:
    bias = untrained(data).item_vectors()[1:, -1]
    np.testing.assert_allclose(bias, log_users(data.counts["validation"])[1:, 0])
    np.testing.assert_allclose(bias, np.log(1 + data.counts["validation"]["recent_users"][1:]), rtol=1e-6)


def test_an_item_without_training_events_has_its_bias_only(data: train.TrainingData) -> None:
    data.counts["validation"]["events"][3] = 0
    assert untrained(data).item_vectors()[3, :-1].tolist() == [0] * 4


def test_the_lazy_optimizer_moves_only_the_rows_of_the_batch_and_those_as_adam_does() -> None:
    import tensorflow as tf
    import tf_keras

    results = []
    for optimizer in (LazyAdam(learning_rate=0.1), tf_keras.optimizers.Adam(learning_rate=0.1)):
        table = tf.Variable(np.ones((5, 2), dtype=np.float32))
        for _ in range(3):
            with tf.GradientTape() as tape:
                loss = tf.reduce_sum(tf.gather(table, [1, 3, 3]) ** 2)
            optimizer.apply_gradients([(tape.gradient(loss, table), table)])
        results.append(table.numpy())
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5)
    assert (results[0][[0, 2, 4]] == 1).all()

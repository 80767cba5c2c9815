import dataclasses
import importlib
import logging
import math

import numpy as np
import pytest

from recpipe import train
from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.train.repeat_examples import training_examples, validation_examples
from recpipe.train.repeat_features import FEATURES, MICROSECONDS_PER_DAY
from recpipe.train.repeat_weight import WEIGHTS, weigh_repeats
from recpipe.train.repeats import log_softmax, own_ndcg, score
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.worlds import Events, World, parity_world, write_world

QUICK = Settings(dimension=4, max_history=8, epochs=1, batch_size=64, targets_per_query=2)
TEST_FROM = 19_742.0  # 2024-01-20, in days since 1970
VALIDATION_FROM = TEST_FROM - 14


def habit_world(users: int = 60, items: int = 20) -> World:
    """Each user buys one item every seven days, and others once and for all.

    One of these, the hoard, twenty-five times on one day: by count it leads, but nobody buys it again.
    """
    random = np.random.default_rng(0)
    world = {}
    for user in range(users):
        habit, hoard, *others = [f"i{item:02d}" for item in random.choice(items, 8, replace=False)]
        begin = TEST_FROM - 140 - random.random() * 7
        events = [(habit, begin + 7 * week) for week in range(22)] + [(hoard, begin + 3)] * 25
        events += [(other, begin + 60 + random.random() * 60) for other in others]
        world[f"u{user:02d}"] = parts(sorted(events, key=lambda event: event[1]))
    return world


def parts(events: Events) -> tuple[Events, Events, Events]:
    edges = (-math.inf, VALIDATION_FROM, TEST_FROM, math.inf)
    first, second, third = (
        [event for event in events if edges[at] <= event[1] < edges[at + 1]] for at in range(3)
    )
    return first, second, third


@pytest.fixture(scope="module")
def habits(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace.open(tmp_path_factory.mktemp("habits"))
    write_world(workspace, habit_world(), "world", {})
    return workspace


@pytest.fixture(scope="module")
def data(habits: Workspace) -> train.TrainingData:
    return train.read(habits, "", QUICK)


@pytest.fixture(scope="module")
def fitted(data: train.TrainingData) -> train.Fitted:
    return train.fit(data)


@pytest.fixture(scope="module")
def repeats(data: train.TrainingData) -> train.Repeats:
    return fitted_repeats(data)


@pytest.fixture(scope="module")
def version(habits: Workspace, fitted: train.Fitted, repeats: train.Repeats) -> str:
    return train.save(habits, fitted, repeats)


def fitted_repeats(data: train.TrainingData) -> train.Repeats:
    repeats = train.fit_repeats(data)
    assert repeats is not None
    return repeats


def test_a_habit_is_learned_where_counts_mislead(data: train.TrainingData, repeats: train.Repeats) -> None:
    judges = validation_examples(data)
    by_count = own_ndcg(judges.features[:, FEATURES.index("log_count")], judges)
    assert by_count < 0.7
    assert repeats.validation_ndcg == pytest.approx(1.0)
    assert own_ndcg(score(repeats.scorer, judges.features), judges) == repeats.validation_ndcg, (
        "the best weights"
    )
    assert repeats.repeat_share == 1.0


def test_lists_that_may_hold_seen_items_begin_with_the_habit(habits: Workspace, version: str) -> None:
    snapshot = Snapshot.open(habits)
    histories = snapshot.histories()
    taken = histories.part("test")
    for exclude_seen in (False, True):
        ranker = Ranker(train.load(habits, version), snapshot, "test")
        found = ranker.rank(histories.until("test"), 3, exclude_seen=exclude_seen)
        assert np.array_equal(found.indices[:, 0], taken.items[taken.offsets[:-1]]) != exclude_seen


def test_what_is_exported_scores_as_what_was_trained(
    habits: Workspace, data: train.TrainingData, repeats: train.Repeats, version: str
) -> None:
    judges = validation_examples(data)
    loaded = train.load(habits, version).repeats
    assert loaded is not None
    assert np.array_equal(loaded.scores(judges.features), score(repeats.scorer, judges.features))
    manifest = habits.models.manifest(version)
    assert loaded.weight == manifest["repeats"]["weight"]
    assert manifest["repeats"]["features"] == list(FEATURES)
    assert "repeats/saved_model.pb" in manifest["files"]


def test_the_same_training_gives_the_same_version_and_repeats_another(
    habits: Workspace, data: train.TrainingData, fitted: train.Fitted, version: str
) -> None:
    assert train.save(habits, fitted, fitted_repeats(data)) == version
    other = fitted_repeats(dataclasses.replace(data, params=QUICK.model_copy(update={"seed": 2})))
    assert len({version, train.save(habits, fitted, other), train.save(habits, fitted)}) == 3


def test_a_version_without_repeats_has_none(workspace: Workspace, fitted: train.Fitted) -> None:
    without = train.save(workspace, fitted)
    assert train.load(workspace, without).repeats is None
    assert "repeats" not in workspace.models.manifest(without)


def test_the_weight_is_the_best_on_validation_and_without_judges_none(
    data: train.TrainingData, fitted: train.Fitted, repeats: train.Repeats
) -> None:
    weight, ndcg = weigh_repeats(fitted, repeats)
    assert weight in WEIGHTS[1:]
    assert ndcg == pytest.approx(1.0)
    nobody = data.validation.take(np.arange(len(data.validation))).until("validation")
    without = dataclasses.replace(fitted, data=dataclasses.replace(data, validation=nobody))
    weight, ndcg = weigh_repeats(without, repeats)
    assert weight == 0
    assert math.isnan(ndcg)


def test_auto_trains_no_repeats_where_there_are_none_and_says_why(
    workspace: Workspace, write_snapshot: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_snapshot(parity_world(users=12))
    with caplog.at_level(logging.INFO, logger="recpipe"):
        assert train.fit_repeats(train.read(workspace, "", QUICK)) is None
    assert "no repeat model: train.repeats is auto, 0.0 % of the validation events" in caplog.text


def test_repeats_wished_for_where_there_are_none_are_refused(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12))
    with pytest.raises(DataError, match="no user takes an item again"):
        train.fit_repeats(train.read(workspace, "", QUICK.model_copy(update={"repeats": "on"})))


def test_repeats_that_are_off_are_not_trained(data: train.TrainingData) -> None:
    assert (
        train.fit_repeats(dataclasses.replace(data, params=QUICK.model_copy(update={"repeats": "off"})))
        is None
    )


def test_no_example_lacks_a_repeat_and_none_knows_of_what_follows(data: train.TrainingData) -> None:
    examples = training_examples(data)
    assert np.bincount(examples.items.row_numbers, examples.is_repeat).min() == 1, "the habit"
    since_last = np.expm1(examples.features[:, FEATURES.index("log_days_since_last")])
    assert since_last.min() >= 0
    assert since_last[examples.is_repeat].max() <= 7
    counts = np.expm1(examples.features[:, FEATURES.index("log_count")])[examples.is_repeat]
    assert len(examples) == 5 * 60
    # windows of two weeks: two purchases fewer at each moment further back
    assert np.allclose(counts.reshape(5, 60).mean(axis=1), counts[:60].mean() - 2 * np.arange(5), atol=0.01)


@pytest.mark.parametrize("window_days", [0.0, 7.0])
def test_the_window_says_what_again_means(data: train.TrainingData, window_days: float) -> None:
    params = QUICK.model_copy(update={"window_days": window_days})
    found = training_examples(dataclasses.replace(data, params=params))
    default = training_examples(data)
    assert np.array_equal(found.features, default.features) == (window_days == 0), "two weeks, as by default"


def test_with_the_split_last_event_moments_are_events_of_the_user(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(habit_world(), split={"kind": "last-event", "test_from": ""})
    data = train.read(workspace, "", QUICK)
    for examples in (training_examples(data), validation_examples(data)):
        since_last = examples.features[:, FEATURES.index("log_days_since_last")]
        newest = np.minimum.reduceat(since_last, examples.items.offsets[:-1])
        assert not newest.any(), "one of the items was had at the very moment"


def test_histories_and_validation_that_do_not_belong_together_are_refused(data: train.TrainingData) -> None:
    fewer = dataclasses.replace(data, histories=data.histories.take(np.arange(6)))
    with pytest.raises(DataError, match="not the same ones in the same order"):
        train.fit_repeats(fewer)


def test_probabilities_of_each_user_sum_to_one_and_nobody_without_items_has_any(
    habits: Workspace, data: train.TrainingData, version: str
) -> None:
    loaded = train.load(habits, version).repeats
    assert loaded is not None
    rows = np.array([0, 1, 2])
    histories = data.histories.take(rows)
    empty = dataclasses.replace(
        histories,
        user_ids=np.append(histories.user_ids, "new").astype(object),
        offsets=np.append(histories.offsets, histories.offsets[-1]),
        counts=np.vstack([histories.counts, [[0, 0, 0]]]),
        attributes=None,
    )
    moments = np.full(4, int(TEST_FROM * MICROSECONDS_PER_DAY))
    own, log_p = loaded.log_probabilities(empty, moments, data.counts["test"])
    totals = np.bincount(own.row_numbers, np.exp(log_p), minlength=4)
    assert totals == pytest.approx([1, 1, 1, 0])
    nobody = empty.take(np.array([3]))
    own, log_p = loaded.log_probabilities(nobody, moments[:1], data.counts["test"])
    assert len(own.values) == len(log_p) == 0


def test_a_softmax_within_rows_of_large_scores_stays_finite() -> None:
    own = Ragged.from_lists([[1, 2], [], [3]])
    found = log_softmax(np.array([1000.0, 1000.0, -1000.0]), own)
    assert found == pytest.approx([math.log(0.5), math.log(0.5), 0.0])


def test_another_weight_in_lists_is_another_version(
    workspace: Workspace, fitted: train.Fitted, repeats: train.Repeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("recpipe.train.save")  # the package offers the verb of that name
    names = []
    for weight in (0.5, 0.5, 0.9):
        monkeypatch.setattr(module, "weigh_repeats", lambda *_, weight=weight: (weight, 0.1))
        names.append(train.save(workspace, fitted, repeats))
    assert names[0] == names[1] != names[2]

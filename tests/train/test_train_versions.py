import dataclasses

import numpy as np
import pytest

from recpipe import train
from recpipe.core.errors import DataError
from recpipe.core.files import read_json, write_json
from recpipe.core.retrieval import top_k
from recpipe.core.snapshot import Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.train.recency import learned_weights, log_users, vectors_at
from recpipe.train.settings import Settings
from tests.tiny import alter
from tests.train.conftest import Write
from tests.train.worlds import World, parity_world, write_world

QUICK = Settings(dimension=4, max_history=8, epochs=1, batch_size=16, targets_per_query=2)


@pytest.fixture
def data(workspace: Workspace, write_snapshot: Write) -> train.TrainingData:
    write_snapshot(parity_world(users=12))
    return train.read(workspace, "", QUICK)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> train.Fitted:
    """What `data` are trained to, to be saved anywhere."""
    workspace = Workspace.open(tmp_path_factory.mktemp("fitted"))
    write_world(workspace, parity_world(users=12), "world", {})
    return train.fit(train.read(workspace, "", QUICK))


def trend_world() -> World:
    """Item "old" leads over all time, "new" of late: in the last part before each moment."""
    world = {}
    for user in range(8):
        validation = [("new", 10.0)] if user < 5 else [("old", 10.0)] if user == 5 else []
        train_part = [("old", 1.0), ("old", 2.0)] if user > 4 else [("other", 1.0)]
        world[f"u{user}"] = (train_part, validation, [])
    return world


def test_the_same_training_gives_the_same_version_and_any_other_another(
    workspace: Workspace, data: train.TrainingData, fitted: train.Fitted
) -> None:
    version = train.save(workspace, fitted)
    assert train.save(workspace, train.fit(data)) == version == workspace.models.pointed("newest")
    fewer = data.histories.take(np.arange(6))
    edited = dataclasses.replace(data, histories=fewer, users=Vocabulary(fewer.user_ids))
    assert train.save(workspace, train.fit(edited)) != version, "what an edited notebook trains is kept"
    assert len(workspace.models.names()) == 2


def test_a_version_says_what_it_is_made_of(workspace: Workspace, fitted: train.Fitted) -> None:
    version = train.save(workspace, fitted)
    manifest = workspace.models.manifest(version)
    assert version.startswith("mean-")
    assert (manifest["kind"], manifest["snapshot"]) == ("mean", "world")
    assert manifest["split"]["kind"] == "time"
    assert manifest["parameters"] == QUICK.model_dump()
    assert {"vocabulary.parquet", "item_vectors.npy", "query_tower/saved_model.pb"} <= set(manifest["files"])
    assert set(train.curve(workspace, version).columns) == {"loss", "ndcg", "seconds", "cpu_seconds"}
    assert set(train.figures(workspace, version)) == {
        "best_epoch",
        "ended",
        "popularity_weights",
        "recency_weights",
        "validation_ndcg",
    }


@pytest.mark.parametrize("file", ["item_vectors.npy", "vocabulary.parquet", "query_tower/saved_model.pb"])
def test_an_altered_version_is_refused_by_the_name_of_the_file(
    file: str, workspace: Workspace, fitted: train.Fitted
) -> None:
    version = train.save(workspace, fitted)
    alter(workspace.models.path(version) / file)
    with pytest.raises(DataError, match=file):
        train.load(workspace, version)
    assert train.save(workspace, fitted) == version
    assert train.load(workspace, version).version == version, "saved again, it is whole again"


def test_nothing_is_unpickled(workspace: Workspace) -> None:
    draft = workspace.models.draft("evil")
    np.save(draft.folder / "item_vectors.npy", np.array([[print]], dtype=object), allow_pickle=True)
    Vocabulary(np.empty(0, dtype=object)).write(draft.folder / "vocabulary.parquet")
    draft.seal({"kind": "popularity"})
    with pytest.raises(DataError, match=r"item_vectors\.npy"):
        train.load(workspace, "evil")


def test_vectors_that_do_not_fit_the_vocabulary_are_refused(
    workspace: Workspace, data: train.TrainingData
) -> None:
    draft = workspace.models.draft("short")
    data.vocabulary.write(draft.folder / "vocabulary.parquet")
    np.save(draft.folder / "item_vectors.npy", np.ones((3, 1), dtype=np.float32))
    draft.seal({"kind": "popularity"})
    with pytest.raises(DataError, match=r"shape \(3, 1\) does not fit 24 items"):
        train.load(workspace, "short")


def test_an_unknown_version_is_named(workspace: Workspace) -> None:
    with pytest.raises(DataError, match="no-such"):
        train.load(workspace, "no-such")


def test_the_bias_that_is_served_has_moved_with_popularity(fitted: train.Fitted) -> None:
    data = fitted.data
    moved = vectors_at(fitted.model, data, "test", (2.0, 0.5)) - fitted.model.item_vectors()
    at_test, before = data.counts["test"], data.counts["validation"]
    recent, latest = learned_weights(fitted.model)
    expected = log_users(at_test) @ (recent + 2, latest + 0.5) - log_users(before) @ (recent + 1, latest)
    np.testing.assert_allclose(moved[1:, -1], expected[1:], atol=1e-6)
    assert not moved[:, :-1].any()
    assert not moved[0].any()


def test_popularity_is_a_version_like_any_other(workspace: Workspace, data: train.TrainingData) -> None:
    version = train.popularity(workspace, data)
    recommender = train.load(workspace, version)
    assert (recommender.kind, recommender.item_vectors.shape) == ("popularity", (25, 1))
    histories = Snapshot.open(workspace).histories()
    found = top_k(recommender.query_vectors(histories), recommender.item_vectors, 3)
    assert len(np.unique(found.indices, axis=0)) == 1
    assert workspace.models.pointed("popularity") == version == train.popularity(workspace, data)


def test_popularity_takes_the_counts_that_rank_better_on_validation(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(trend_world())
    data = train.read(workspace, "", QUICK)
    # before the validation part, "new" is known to be on its way up
    new = data.vocabulary.index_of(np.array(["new"], dtype=object))[0]
    data.counts["validation"]["recent_events"][new] = 100
    version = train.popularity(workspace, data)
    figures = train.figures(workspace, version)
    assert figures["counts"] == "recent_events"
    assert figures["validation_ndcg"]["recent_events"] > figures["validation_ndcg"]["events"]
    assert np.argmax(train.load(workspace, version).item_vectors[:, 0]) == new


def test_a_snapshot_with_too_little_to_learn_from_is_refused(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot({"u": ([("only", 1.0)], [], [])})
    with pytest.raises(DataError, match="too little to learn from"):
        train.read(workspace, "", QUICK)


def test_items_too_rare_for_a_vector_are_unknown_in_histories(
    workspace: Workspace, write_snapshot: Write
) -> None:
    """As with `features.min_item_events`: the last items of the vocabulary's order are not in it."""
    world = write_snapshot(parity_world(users=12))
    manifest = workspace.snapshots.path(world) / "manifest.json"
    write_json(manifest, read_json(manifest) | {"known_items": 20})
    data = train.read(workspace, "", QUICK)
    for histories in (data.histories, data.judges.histories):
        assert histories.items.max() == 20
        assert histories.items.min() == 0, "an event of an unknown item keeps its place"
    assert train.load(workspace, train.save(workspace, train.fit(data))).vocabulary.size == 20

"""After the refit a model knows what the test part was the first to know."""

import logging
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recpipe import train
from recpipe.core.errors import DataError
from recpipe.core.files import read_json, write_json
from recpipe.core.ranking import Ranker
from recpipe.core.refits import find_refit
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.train.data import read_up_to_now
from recpipe.train.recency import log_users
from recpipe.train.settings import Settings
from tests.tiny import alter
from tests.train.conftest import Write
from tests.train.worlds import World, parity_world, write_world

QUICK = Settings(dimension=4, max_history=8, epochs=1, batch_size=16, targets_per_query=2, recent_days=5)
LAUNCHED = "a-new"
"""First sold in the test part: the last of the snapshot's items, and the first by its id."""


def launch_world(users: int = 12) -> World:
    """As in `parity_world`, and in the end everybody but user 0 takes what was launched a moment ago."""
    return {
        user: (*parts[:2], [*parts[2], (LAUNCHED, 60.0)] if user != "u00" else parts[2])
        for user, parts in parity_world(users).items()
    }


@pytest.fixture
def launched(write_snapshot: Write) -> str:
    return write_snapshot(launch_world(), "launch")


def trained(workspace: Workspace, **changed: Any) -> str:
    data = train.read(workspace, "", QUICK.model_copy(update=changed))
    return train.save(workspace, train.fit(data))


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> train.Fitted:
    """What is trained on the launch's world, to be saved anywhere."""
    workspace = Workspace.open(tmp_path_factory.mktemp("fitted"))
    write_world(workspace, launch_world(), "launch", {})
    return train.fit(train.read(workspace, "", QUICK))


@pytest.fixture
def version(workspace: Workspace, launched: str, fitted: train.Fitted) -> str:
    return train.save(workspace, fitted)


def lists_of(workspace: Workspace, version: str, k: int = 30) -> dict[str, list[str]]:
    """All that each user could be recommended now, best first."""
    snapshot = Snapshot.open(workspace)
    histories = snapshot.histories()
    ranking = Ranker(train.load(workspace, version), snapshot, "now").rank(histories, k, exclude_seen=True)
    ids = np.array(["", *snapshot.items().column("item_id").to_pylist()], object)
    return {
        user: [item for item in ids[row] if item]
        for user, row in zip(histories.user_ids, ranking.indices, strict=True)
    }


def test_an_item_first_seen_in_the_test_part_can_be_recommended_after_the_refit_and_not_before(
    workspace: Workspace, launched: str, version: str
) -> None:
    refitted = train.refit(workspace, version, launched)
    assert LAUNCHED not in lists_of(workspace, version)["u00"]
    assert LAUNCHED in lists_of(workspace, refitted)["u00"]
    assert all(
        LAUNCHED not in items for user, items in lists_of(workspace, refitted).items() if user != "u00"
    )


def test_the_refit_of_popularity_counts_up_to_now(workspace: Workspace, launched: str) -> None:
    version = train.popularity(workspace, train.read(workspace, "", QUICK))
    refitted = train.refit(workspace, version, launched)
    assert LAUNCHED not in lists_of(workspace, version)["u00"]
    assert lists_of(workspace, refitted)["u00"][0] == LAUNCHED, "eleven of twelve users took it"
    counts = [train.figures(workspace, name)["counts"] for name in (version, refitted)]
    assert counts[0] == counts[1]


def test_up_to_now_every_event_is_trained_on_in_indices_by_id_and_nobody_judges(
    workspace: Workspace, launched: str
) -> None:
    data = read_up_to_now(workspace, launched, QUICK)
    assert data.vocabulary.ids.tolist() == sorted(data.vocabulary.ids)
    assert data.vocabulary.ids[0] == LAUNCHED
    told = [data.vocabulary.ids[item - 1] for item in data.histories.items]
    world = launch_world()
    assert told == [item for user in sorted(world) for part in world[user] for item, _ in part]
    assert len(data.judges) == 0
    for counts in data.counts.values():
        assert counts["events"][1] == counts["recent_users"][1] == 11
        assert counts["events"].sum() == len(told)


def test_an_item_is_known_now_once_it_has_the_events_it_needs(
    workspace: Workspace, write_snapshot: Write
) -> None:
    few = [("rare", 1.0)]
    world = launch_world() | {"v1": (few, [], []), "v2": ([], [], [*few, ("once", 2.0)])}
    name = write_snapshot(world, "rare")
    path = workspace.snapshots.path(name) / "manifest.json"
    write_json(path, read_json(path) | {"parameters": {"min_item_events": 2}})
    known = read_up_to_now(workspace, name, QUICK).vocabulary.ids.tolist()
    assert "rare" in known
    assert "once" not in known


def test_the_epochs_found_are_run_with_the_step_sizes_that_were_planned(
    workspace: Workspace, launched: str
) -> None:
    data = read_up_to_now(workspace, launched, QUICK.model_copy(update={"epochs": 4}))
    whole, cut = train.fit(data), train.fit(data, epochs=2)
    assert [row["loss"] for row in cut.curve] == [row["loss"] for row in whole.curve[:2]]
    assert (len(whole.curve), cut.ended) == (4, "all epochs")


def test_a_refit_runs_the_best_epoch_and_takes_the_weights_of_popularity(
    workspace: Workspace, launched: str
) -> None:
    fitted = train.fit(train.read(workspace, "", QUICK.model_copy(update={"epochs": 3, "patience": 3})))
    versions = [
        train.save(workspace, replace(fitted, best_epoch=2, popularity_weights=weights))
        for weights in ((1.0, 0.0), (3.0, 0.5))
    ]
    refits = [train.refit(workspace, version, launched) for version in versions]
    assert [len(train.curve(workspace, name)) for name in refits] == [2, 2]
    one, three = (train.load(workspace, name).item_vectors for name in refits)
    now = read_up_to_now(workspace, launched, QUICK).counts["test"]
    expected = log_users(now) @ [2, 0.5]
    np.testing.assert_allclose((three - one)[1:, -1], expected[1:], atol=1e-5)
    np.testing.assert_array_equal(three[:, :-1], one[:, :-1])


def test_a_version_that_a_budget_ended_within_an_epoch_is_refitted_no_longer_than_that(
    workspace: Workspace, launched: str
) -> None:
    version = trained(workspace, epochs=3, max_cpu_seconds=1e-9)
    refitted = train.refit(workspace, version, launched)
    for name in (version, refitted):
        assert train.figures(workspace, name)["ended"] == "budget"
        assert len(train.curve(workspace, name)) == train.figures(workspace, name)["best_epoch"] == 1


def test_a_refit_says_what_it_is_made_of_and_moves_no_pointer(
    workspace: Workspace, launched: str, version: str
) -> None:
    popularity = train.popularity(workspace, train.read(workspace, "", QUICK))
    workspace.models.point("champion", version)
    refits = {of: train.refit(workspace, of, launched) for of in (version, popularity)}
    for of, name in refits.items():
        manifest, own = workspace.models.manifest(name), workspace.models.manifest(of)
        assert name.startswith(f"{of}-refit-")
        assert (manifest["refit_of"], manifest["snapshot"]) == (of, launched)
        assert (manifest["kind"], manifest["split"]) == (own["kind"], own["split"])
        # the loss is not chosen anew, however many items there are by now
        assert manifest["parameters"] == own["parameters"] | {
            name: own[name] for name in ("loss",) if name in own
        }
    pointed = [workspace.models.pointed(name) for name in ("newest", "popularity", "champion")]
    assert pointed == [version, popularity, version]


@pytest.mark.parametrize("kind", ["tower", "popularity"])
def test_the_same_refit_made_again_is_the_one_that_is_there(
    kind: str, workspace: Workspace, launched: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "popularity":
        version = train.popularity(workspace, train.read(workspace, "", QUICK))
    refitted = train.refit(workspace, version, launched)
    alter(workspace.models.path(refitted) / "item_vectors.npy")
    assert train.refit(workspace, version, "") == refitted
    assert workspace.models.is_whole(refitted), "a damaged one was made again"
    # the verb hides its module's name
    monkeypatch.setattr(sys.modules[train.refit.__module__], "_refitted", lambda *_: 1 / 0)
    assert train.refit(workspace, version, launched) == refitted


def test_off_means_none(workspace: Workspace, launched: str) -> None:
    """The switch is the version's own: popularity has that of the training it was written in."""
    off = QUICK.model_copy(update={"refit": False})
    versions = trained(workspace, refit=False), train.popularity(workspace, train.read(workspace, "", off))
    before = workspace.models.names()
    assert tuple(train.refit(workspace, version, launched) for version in versions) == versions
    assert workspace.models.names() == before


def test_a_champion_of_an_older_snapshot_is_refitted_on_the_newest(
    workspace: Workspace, write_snapshot: Write
) -> None:
    write_snapshot(parity_world(users=12), "older")
    version = trained(workspace)
    write_snapshot(launch_world(), "newer")
    refitted = train.refit(workspace, version, "newer")
    assert workspace.models.manifest(refitted)["snapshot"] == "newer"
    assert LAUNCHED in lists_of(workspace, refitted)["u00"]
    assert find_refit(workspace, version, "older") == ""


def test_a_refit_is_not_refitted(workspace: Workspace, launched: str) -> None:
    version = train.popularity(workspace, train.read(workspace, "", QUICK))
    refitted = train.refit(workspace, version, launched)
    with pytest.raises(DataError, match=f"a refit of {version} itself"):
        train.refit(workspace, refitted, launched)


def test_a_version_of_a_recpipe_with_other_parameters_serves_as_it_is_and_that_is_said(
    workspace: Workspace, launched: str, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = workspace.models.path(version) / "manifest.json"
    manifest = read_json(path)
    write_json(path, manifest | {"parameters": manifest["parameters"] | {"bygone": 1}})
    with caplog.at_level(logging.WARNING, "recpipe.train"):
        assert train.refit(workspace, version, launched) == version
    assert "trained by another recpipe (bygone: Extra inputs" in caplog.text

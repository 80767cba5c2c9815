"""How far a snapshot has moved from the champion's."""

import logging
from math import log

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recpipe import features
from recpipe.core import store
from recpipe.core.errors import DataError
from tests.features.small_shop import EVENTS, fill, write


def crown(workspace, snapshot):
    """Make a champion that was trained on `snapshot`."""
    workspace.models.point("champion", workspace.models.draft("mean-1").seal({"snapshot": snapshot}))


def test_without_a_champion_there_is_nothing_to_compare_with(shop):
    found = features.drift(write(shop))
    assert (found.since, found.moved, len(found.frame())) == ("", [], 0)


def test_the_same_events_have_not_moved(shop, caplog):
    crown(shop, features.seal(write(shop)))
    found = features.drift(write(shop))
    assert {psi for _, _, psi in found.features} == {0}
    assert {"events", "novelty", "trend"} <= {name for _, name, _ in found.features}
    assert found.newcomers == {
        "new_users": 0,
        "gone_users": 0,
        "new_items": 0,
        "gone_items": 0,
        "new_types": [],
        "gone_types": [],
    }
    assert not caplog.records


def test_other_events_are_told_and_warned_of(shop, caplog):
    crown(shop, features.seal(write(shop)))
    more = [(day, user, item, "view") for day in range(9) for user in ("ann", "zoe") for item in ("a", "e")]
    kept = [event for event in EVENTS if event[1] != "bob"]
    with caplog.at_level(logging.WARNING, logger="recpipe.features"):
        found = features.drift(write(fill(shop, [*kept, *more])))
    assert found.newcomers == {
        "new_users": 1,
        "gone_users": 1,
        "new_items": 1,
        "gone_items": 0,
        "new_types": ["view"],
        "gone_types": [],
    }
    assert "user_features.events" in found.moved
    assert "by more than features.drift_bound 0.2: " in caplog.text
    assert found.frame()["psi"].is_monotonic_decreasing


def test_drift_bound_decides_what_has_moved(shop):
    crown(shop, features.seal(write(shop)))
    other = fill(shop, [*EVENTS, (5, "ann", "b"), (5, "ann", "c")])
    assert features.drift(write(other, drift_bound=0.001)).moved
    assert not features.drift(write(other, drift_bound=100)).moved


def test_the_index_is_that_of_the_formula(tmp_path):
    """Ten values, one in each tenth; here all ten in the last one. Half a row is added to each bin."""
    paths = {}
    for name, numbers in {"there": range(1, 11), "here": [10] * 10}.items():
        paths[name] = str(tmp_path / f"{name}.parquet")
        pq.write_table(pa.table({"moment": ["now"] * 10, "x": list(numbers)}), paths[name])
    with store.connect(None) as memory:
        [(name, psi)] = memory.run_sql("features/drift", **paths, names=["x"], bins=10).rows()
    expected = (0.7 - 0.1) * log(0.7 / 0.1) + 9 * (0.5 / 15 - 0.1) * log((0.5 / 15) / 0.1)
    assert (name, psi) == ("x", pytest.approx(expected))


def test_a_column_that_the_older_snapshot_lacks_is_left_out(shop):
    older = write(shop)
    path = older.path("user_features")
    pq.write_table(pq.read_table(path).drop_columns(["novelty"]), path)
    crown(shop, features.seal(older))
    found = {feature for _, feature, _ in features.drift(write(shop)).features}
    assert "novelty" not in found
    assert "repeat_rate" in found


def test_a_champion_s_snapshot_that_was_touched_is_named_and_no_snapshot_is_made(shop):
    name = features.seal(write(shop))
    crown(shop, name)
    (shop.snapshots.path(name) / "items.parquet").write_bytes(b"touched")
    with pytest.raises(DataError, match=rf"items.parquet: altered since snapshot {name} was made\nTo do: "):
        features.drift(write(shop, recent_days=4))
    assert not list(shop.snapshots.root.glob(".tmp-*"))

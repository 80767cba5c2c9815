import numpy as np
import pytest

from recpipe import features
from recpipe.core.errors import DataError
from recpipe.core.snapshot import Snapshot
from tests.features.small_shop import fill, write


def test_the_manifest_tells_what_the_snapshot_was_made_from(shop):
    draft = write(shop)
    manifest = shop.snapshots.manifest(features.seal(draft))
    assert manifest["schema_version"] == 3
    assert manifest["parameters"] == draft.params.model_dump()
    assert manifest["inputs"] == {
        "data": "data-1",
        "events": 10,
        "ordered_events": 0,
        "items": 3,
        "users": 2,
    }
    assert manifest["split"] == {
        "kind": "time",
        "validation_from": "2024-01-07T00:00:00",
        "test_from": "2024-01-09T00:00:00",
        "newest": "2024-01-10T00:00:00",
    }
    assert manifest["event_types"] == ["purchase"]
    assert manifest["known_items"] == 3
    assert manifest["rows"] == {
        "interactions": 4,
        "items": 4,
        "new_items": 0,
        "user_features": 12,
        "item_features": 10,
        "segments": 12,
    }
    assert set(manifest["files"]) == {f"{table}.parquet" for table in manifest["rows"]} | {"dictionary.json"}


def test_the_name_begins_with_the_day_of_the_newest_event(shop):
    assert features.seal(write(shop)).startswith("20240110-")


def test_without_common_cutoffs_the_manifest_has_none(shop):
    split = shop.snapshots.manifest(features.seal(write(shop, split="last-event")))["split"]
    assert split == {
        "kind": "last-event",
        "validation_from": "",
        "test_from": "",
        "newest": "2024-01-10T00:00:00",
    }


def test_the_core_reads_what_was_sealed(shop):
    features.seal(write(shop))
    snapshot = Snapshot.open(shop)
    histories = snapshot.histories()
    assert snapshot.vocabulary.ids.tolist() == ["a", "b", "c"]
    assert histories.until("test").items.tolist() == [1, 2, 1, 3, 1, 3, 1, 2]
    assert histories.part("test").lengths.tolist() == [1, 0, 1, 0]
    assert np.diff(histories.times[:5]).min() > 0
    assert snapshot.item_features("test")["events"].tolist() == [0, 4, 2, 2, 0]


def test_ids_of_any_content_survive(empty):
    strange = ["it's", 'say "hi"', "two\nlines", "🛒", "x" * 10_000]
    events = [(number, strange[number % 5], strange[number % 4]) for number in range(20)]
    features.seal(write(fill(empty, events)))
    snapshot = Snapshot.open(empty)
    assert snapshot.vocabulary.ids.tolist() == sorted(strange[:4], key=str.encode)
    assert snapshot.histories().user_ids.tolist() == sorted([*strange, "ann", "dan"], key=str.encode)


def test_portraits_tell_interests_in_words(shop):
    table = features.portraits(write(shop, half_life_days=1000.0), users=2)
    assert table["user_id"].tolist() == ["ann", "bob"]
    assert table["interests"].tolist() == ["x 62 %, y 38 %", "x 67 %, y 33 %"]


def test_cells_run_again_after_the_seal_read_the_snapshot_and_change_nothing(shop):
    draft = write(shop)
    name = features.seal(draft)
    features.write_histories(draft)
    features.describe(draft)
    assert len(features.portraits(draft)) == 3
    assert features.seal(draft) == name
    assert shop.snapshots.verify(name) == draft.folder


def test_a_discarded_draft_cannot_be_used(shop):
    draft = write(shop)
    draft.discard()
    for verb in (features.write_histories, features.describe, features.check, features.seal):
        with pytest.raises(DataError, match=r"was discarded\nTo do: Begin again"):
            verb(draft)
    assert shop.snapshots.names() == []

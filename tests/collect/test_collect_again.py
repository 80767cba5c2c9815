"""What was read before is told from what is new: by size and time, by content, and by how it is read."""

import os
from pathlib import Path

import pytest

from recpipe import collect
from tests.collect.shops import HEADER, THREE, collected, files, rows, write

ITEMS = "item_id,title\ntea,{}\n"


def titles(workspace):
    return rows(workspace, "SELECT item_id, title FROM items")


@pytest.fixture
def hashed(monkeypatch):
    """The files whose content is looked at."""
    seen = []

    def look(place):
        seen.append(Path(place.address).name)
        return Path(place.address).read_text()

    monkeypatch.setattr("recpipe.collect.places.Place.content_hash", look)
    return seen


def test_an_unchanged_file_is_neither_read_nor_hashed(workspace, tmp_path, hashed):
    params = files(write(tmp_path, "e.csv", THREE))
    collected(workspace, params)
    hashed.clear()
    batch = collect.read(workspace, params)
    assert (batch.read, batch.unchanged, hashed) == (0, (params.events,), [])
    assert collect.check(workspace, batch).results == ()
    done = collect.merge(workspace, batch)
    assert (done.read, done.kept) == (0, 0)
    assert rows(workspace, "SELECT count(*) FROM events") == [(3,)]


def test_a_touched_or_renamed_file_is_known_by_its_content_and_hashed_once(workspace, tmp_path, hashed):
    collected(workspace, files(write(tmp_path, "e.csv", THREE)))
    os.utime(tmp_path / "e.csv", (1, 1))
    (tmp_path / "copy.csv").write_text(THREE)
    params = files(str(tmp_path / "*.csv"))
    hashed.clear()
    assert collected(workspace, params).read == 0
    assert sorted(hashed) == ["copy.csv", "e.csv"]
    hashed.clear()
    assert (collected(workspace, params).read, hashed) == (0, [])


def test_only_the_new_file_of_a_night_is_read(workspace, tmp_path):
    write(tmp_path, "night1.csv", THREE)
    params = files(str(tmp_path / "night*.csv"))
    collected(workspace, params)
    write(tmp_path, "night2.csv", f"{HEADER}\ncleo,tea,2024-03-04\n")
    done = collected(workspace, params)
    assert (done.read, done.kept) == (1, 1)
    told = "SELECT file[-10:], read, quarantined, last_event_at::VARCHAR FROM ingested_files ORDER BY file"
    assert rows(workspace, told) == [
        ("night1.csv", 3, 0, "2024-03-03 10:00:00"),
        ("night2.csv", 1, 0, "2024-03-04 00:00:00"),
    ]


def test_a_changed_file_is_read_whole_and_adds_what_is_new(workspace, tmp_path):
    params = files(write(tmp_path, "e.csv", THREE))
    collected(workspace, params)
    write(tmp_path, "e.csv", THREE + "cleo,tea,2024-03-04\n")
    done = collected(workspace, params)
    assert (done.read, done.kept, done.duplicate) == (4, 1, 3)


def test_a_file_read_in_another_way_is_read_again(workspace, tmp_path):
    path = write(tmp_path, "e.csv", THREE.replace("timestamp", "timestamp,how").replace("Z\n", "Z,view\n"))
    collected(workspace, files(path))
    assert collected(workspace, files(path, columns={"event_type": "how"})).kept == 3


def test_a_file_that_was_read_and_not_merged_is_still_new(workspace, tmp_path):
    params = files(write(tmp_path, "e.csv", THREE))
    collect.read(workspace, params)
    assert collected(workspace, params).kept == 3


def test_an_item_file_that_comes_back_is_the_newest_word_again(workspace, tmp_path):
    events, items = write(tmp_path, "e.csv", THREE), str(tmp_path / "i.csv")
    for title in ("Old", "New", "Old", "Old"):
        write(tmp_path, "i.csv", ITEMS.format(title))
        collected(workspace, files(events, items=items))
    assert titles(workspace) == [("tea", "Old")]
    history = rows(workspace, "SELECT title FROM item_history ORDER BY ingestion_id")
    assert history == [("Old",), ("New",), ("Old",)]


def test_when_one_of_several_item_files_changes_the_last_one_still_wins(workspace, tmp_path):
    events = write(tmp_path, "e.csv", THREE)
    paths = [write(tmp_path, f"i{n}.csv", ITEMS.format(title)) for n, title in enumerate(("One", "Two"))]
    params = files(events, items=",".join(paths))
    collected(workspace, params)
    write(tmp_path, "i0.csv", ITEMS.format("Changed"))
    collected(workspace, params)
    assert titles(workspace) == [("tea", "Two")]


def test_a_row_that_is_mended_in_its_file_leaves_the_quarantine(workspace, tmp_path):
    params = files(write(tmp_path, "e.csv", THREE + "ben,,2024-03-04\n"))
    collected(workspace, params)
    assert rows(workspace, "SELECT bad_column, user_id FROM quarantine") == [("item_id", "ben")]
    write(tmp_path, "e.csv", THREE + "ben,bun,2024-03-04\n")
    assert collected(workspace, params).kept == 1
    assert rows(workspace, "FROM quarantine") == []


def test_late_events_are_taken_in_and_counted(workspace, tmp_path):
    collected(workspace, files(write(tmp_path, "a.csv", THREE)))
    late = f"{HEADER}\ncleo,tea,2024-03-01T09:00:00Z\ncleo,bun,2024-02-20\ncleo,pie,2024-03-09\n"
    path = write(tmp_path, "b.csv", late)
    batch = collect.read(workspace, files(path))
    done = collect.merge(workspace, batch, files(path, late_days=3.0))
    assert (done.kept, done.late) == (3, 1)


def test_what_counts_as_late_is_a_parameter(workspace, tmp_path):
    collected(workspace, files(write(tmp_path, "a.csv", THREE)))
    path = write(tmp_path, "b.csv", f"{HEADER}\ncleo,tea,2024-03-01T09:00:00Z\ncleo,bun,2024-02-20\n")
    params = files(path, late_days=1.0)
    assert collect.merge(workspace, collect.read(workspace, params), params).late == 2


def test_a_workspace_of_an_earlier_version_goes_on(workspace, tmp_path):
    from recpipe.core.store import connect

    with connect(workspace.database) as store:
        store.query(
            "CREATE TABLE ingestions (ingestion_id VARCHAR, source VARCHAR, files VARCHAR[], read BIGINT, "
            "kept BIGINT, duplicate BIGINT, quarantined BIGINT, first_event_at TIMESTAMP, "
            "last_event_at TIMESTAMP, finished_at TIMESTAMP)"
        )
        store.query(
            "CREATE TABLE quarantine (ingestion_id VARCHAR, file VARCHAR, row_number BIGINT, "
            "reason VARCHAR, content VARCHAR)"
        )
    assert collected(workspace, files(write(tmp_path, "e.csv", THREE))).kept == 3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recpipe import collect
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from tests.collect.shops import HEADER, THREE, collected, files, refused, rows, write


def test_every_row_read_is_kept_a_duplicate_or_quarantined(workspace, tmp_path):
    twice = THREE + "ben,tea,2024-03-03T10:00:00Z\n,tea,2024-03-03\nben,,2024-03-03\nben,tea,yesterday\n"
    done = collected(workspace, files(write(tmp_path, "e.csv", twice)))
    assert (done.read, done.kept, done.duplicate, done.quarantined) == (7, 3, 1, 3)
    assert str(done.first_event_at) == "2024-03-01 10:00:00"
    assert str(done.last_event_at) == "2024-03-03 10:00:00"
    assert refused(workspace) == [(6, "no user_id"), (7, "no item_id"), (8, "unreadable timestamp")]
    told = rows(workspace, "SELECT read, kept, duplicate, quarantined, source FROM ingestions")
    assert told == [(7, 3, 1, 3, "files")]


def test_rows_read_again_add_no_events_and_no_bad_row_is_told_twice(workspace, tmp_path):
    params = files(write(tmp_path, "e.csv", THREE + ",tea,2024-03-03\n"))
    collected(workspace, params)
    before = collect.summary(workspace)
    again = collected(workspace, params.model_copy(update={"value_limit": 5.0}))
    assert (again.kept, again.duplicate, again.quarantined) == (0, 3, 1)
    assert collect.summary(workspace) == before
    assert refused(workspace) == [(5, "no user_id")]


def test_the_data_id_depends_on_the_rows_only(tmp_path):
    header, *lines = THREE.splitlines()
    one, other, third = (Workspace.open(tmp_path / name) for name in ("one", "other", "third"))
    collected(one, files(write(tmp_path, "a.csv", THREE)))
    collected(other, files(write(tmp_path, "b.csv", "\n".join([header, lines[2]]))))
    collected(other, files(write(tmp_path, "c.csv", "\n".join([header, lines[1], lines[0]]))))
    collected(third, files(write(tmp_path, "d.csv", THREE.replace("cake", "bun"))))
    assert collect.summary(one).data == collect.summary(other).data != collect.summary(third).data


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_equal_keys_the_lowest_value_and_order_are_kept_whatever_came_first(workspace, tmp_path, order):
    lines = ["u,i,2024-01-01,5,2", "u,i,2024-01-01,9,1"]
    content = "\n".join([HEADER + ",value,event_order", *(lines[place] for place in order)])
    collected(workspace, files(write(tmp_path, "e.csv", content)))
    assert rows(workspace, "SELECT value, event_order FROM events") == [(5.0, 1)]


def test_events_of_other_types_at_one_time_are_different_events(workspace, tmp_path):
    content = HEADER + ",event_type\nu,i,2024-01-01,view\nu,i,2024-01-01,cart\nu,i,2024-01-01,\n"
    assert collected(workspace, files(write(tmp_path, "e.csv", content))).kept == 3
    types = rows(workspace, "SELECT event_type FROM events ORDER BY 1")
    assert types == [("cart",), ("event",), ("view",)]


def test_the_newest_word_on_an_item_and_a_user_wins(workspace, tmp_path):
    events = write(tmp_path, "e.csv", THREE)
    old = write(tmp_path, "i1.csv", "item_id,title\ntea,Old tea\ntea,Tea\ncake,Cake\n")
    new = write(tmp_path, "i2.csv", "item_id,title\ntea,New tea\n")
    users = [
        write(tmp_path, f"u{n}.csv", f"user_id,city\nanna,{city}\n") for n, city in enumerate(("A", "B"))
    ]
    collected(workspace, files(events, items=old, users=users[0]))
    assert rows(workspace, "SELECT item_id, title FROM items ORDER BY 1") == [
        ("cake", "Cake"),
        ("tea", "Tea"),
    ]
    collected(workspace, files(events, items=new, users=users[1]))
    assert rows(workspace, "SELECT item_id, title FROM items ORDER BY 1") == [
        ("cake", "Cake"),
        ("tea", "New tea"),
    ]
    assert rows(workspace, "SELECT user_id, attributes FROM users") == [("anna", '{"city":"B"}')]


def test_what_a_crashed_run_left_staged_is_replaced(workspace, tmp_path):
    params = files(write(tmp_path, "e.csv", THREE))
    lost = collect.read(workspace, params)
    done = collected(workspace, params)
    assert done.kept == 3
    with pytest.raises(DataError, match="no longer staged"):
        collect.merge(workspace, lost)
    with pytest.raises(DataError, match="no longer staged"):
        collect.check(workspace, lost)


def test_merging_a_merged_batch_again_changes_nothing(workspace, tmp_path):
    batch = collect.read(workspace, files(write(tmp_path, "e.csv", THREE)))
    assert collect.merge(workspace, batch) == collect.merge(workspace, batch)
    assert rows(workspace, "SELECT count(*) FROM ingestions") == [(1,)]


def test_a_reading_that_fails_leaves_the_events_as_they_were(workspace, tmp_path):
    collected(workspace, files(write(tmp_path, "e.csv", THREE)))
    before = collect.summary(workspace)
    with pytest.raises(DataError, match="none of its 1 rows"):
        collect.read(workspace, files(write(tmp_path, "bad.csv", HEADER + "\n,tea,2024-01-01\n")))
    assert collect.summary(workspace) == before
    assert rows(workspace, "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'staged%'") == []


def test_events_per_day_has_a_row_a_day_and_a_column_a_type(workspace, tmp_path):
    content = (
        HEADER + ",event_type\nu,i,2024-01-01T23:30:00-02:00,view\nu,j,2024-01-02,view\nu,i,2024-01-01,cart\n"
    )
    collected(workspace, files(write(tmp_path, "e.csv", content)))
    table = collect.events_per_day(workspace)
    assert {str(day)[:10]: dict(row) for day, row in table.iterrows()} == {
        "2024-01-01": {"cart": 1, "view": 0},
        "2024-01-02": {"cart": 0, "view": 2},
    }


def test_a_summary_before_the_first_merge_says_so(workspace):
    with pytest.raises(DataError, match="nothing is collected yet"):
        collect.summary(workspace)


MANY = [f"u{n % 4},i{n % 5},2024-03-{1 + n // 3:02}" for n in range(30)] + [",i,2024-03-01", "u,i,never"]
pieces = st.lists(st.tuples(st.integers(0, 31), st.integers(1, 32)), min_size=1, max_size=4)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=pieces)
def test_overlapping_pieces_in_any_order_add_up_and_give_the_same(tmp_path, pieces):
    workspace = Workspace.open(tmp_path / "pieces")
    workspace.database.unlink(missing_ok=True)
    for start, length in [*pieces, (16, 32), (0, 20)]:
        lines = MANY[start : start + length] or MANY
        done = collected(
            workspace, files(write(tmp_path, "piece.csv", "\n".join([HEADER, "a,b,2024-03-01", *lines])))
        )
        assert done.read == done.kept + done.duplicate + done.quarantined + done.dropped
    whole = Workspace.open(tmp_path / "whole")
    collected(whole, files(write(tmp_path, "whole.csv", "\n".join([HEADER, "a,b,2024-03-01", *MANY]))))
    assert collect.summary(workspace).data == collect.summary(whole).data


def test_a_merge_that_fails_at_its_end_leaves_nothing_and_can_be_done_again(workspace, tmp_path, monkeypatch):
    from recpipe.core.store import Store

    batch = collect.read(workspace, files(write(tmp_path, "e.csv", THREE)))
    run_sql = Store.run_sql

    def fail_at_the_record(store, name, **bound):
        if name == "collect/record_ingestion":
            raise KeyboardInterrupt
        return run_sql(store, name, **bound)

    monkeypatch.setattr(Store, "run_sql", fail_at_the_record)
    with pytest.raises(KeyboardInterrupt):
        collect.merge(workspace, batch)
    monkeypatch.undo()
    for table in ("events", "ingestions", "ingested_files"):
        assert rows(workspace, f"SELECT count(*) FROM {table}") == [(0,)]
    assert collect.merge(workspace, batch).kept == 3

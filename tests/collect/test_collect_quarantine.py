"""The quarantine is shown by reason, and its files can be read again after a fix."""

import pytest

from recpipe import collect
from recpipe.cli import main
from recpipe.core.errors import DataError
from tests.collect.shops import HEADER, THREE, collected, files, rows, write

BAD = THREE + ",tea,2024-03-03\n,bun,2024-03-03\nben,tea,yesterday\n"


def test_rows_are_shown_by_reason_with_what_is_bad_in_them(workspace, tmp_path):
    path = write(tmp_path, "e.csv", BAD)
    collected(workspace, files(path, items=write(tmp_path, "i.csv", "item_id,price\ntea,cheap\n")))
    found = {(one.table_name, one.reason): one for one in collect.quarantine(workspace, examples=1)}
    assert {key: one.refused_rows for key, one in found.items()} == {
        ("events", "no user_id"): 2,
        ("events", "unreadable timestamp"): 1,
        ("items", "unreadable price"): 1,
    }
    assert [example["row_number"] for example in found["events", "no user_id"].examples] == [5]
    (late,) = found["events", "unreadable timestamp"].examples
    assert (late["file"], late["row_number"], late["bad_value"]) == (path, 7, "yesterday")


def test_a_reason_that_nothing_was_refused_for_is_told_with_those_there_are(workspace, tmp_path):
    collected(workspace, files(write(tmp_path, "e.csv", BAD)))
    with pytest.raises(DataError, match="no row is in quarantine for 'no time'") as raised:
        collect.quarantine(workspace, "no time")
    assert raised.value.hint == "There are: no user_id, unreadable timestamp."


def test_nothing_is_in_quarantine_before_the_first_collect(workspace):
    with pytest.raises(DataError, match="nothing is collected yet"):
        collect.quarantine(workspace)


def test_released_files_are_read_again_and_nothing_is_counted_twice(workspace, tmp_path):
    good = write(tmp_path, "a.csv", THREE)
    bad = write(tmp_path, "b.csv", f"{HEADER}\nzoe,bun,2024-03-09\n,bun,2024-03-09\n")
    params = files(f"{good},{bad}")
    collected(workspace, params)
    assert collected(workspace, params).read == 0
    assert collect.release(workspace) == (1, 1)
    again = collected(workspace, params)
    assert (again.read, again.kept, again.duplicate, again.quarantined) == (2, 0, 1, 1)
    assert rows(workspace, "SELECT count(*) FROM quarantine") == [(1,)]


def test_one_reason_may_be_released_alone(workspace, tmp_path):
    one = write(tmp_path, "a.csv", f"{THREE},bun,2024-03-09\n")
    other = write(tmp_path, "b.csv", f"{HEADER}\nzoe,bun,2024-03-09\nzoe,bun,soon\n")
    params = files(f"{one},{other}")
    collected(workspace, params)
    assert collect.release(workspace, "unreadable timestamp") == (1, 1)
    assert collected(workspace, params).read == 2


def test_the_command_shows_and_releases(workspace, tmp_path, capsys):
    collected(workspace, files(write(tmp_path, "e.csv", BAD)))
    workspace.write_settings({"data": "d1"})
    root = str(workspace.root)
    assert main(["quarantine", "--workspace", root, "--examples", "1"]) == 0
    shown = capsys.readouterr().out
    assert "2 rows of events in 1 files: no user_id" in shown
    assert "e.csv, row 7: timestamp 'yesterday'" in shown
    assert main(["quarantine", "--workspace", root, "--release"]) == 0
    assert "3 rows of 1 files will be read again by" in capsys.readouterr().out
    assert workspace.read_settings()["collecting"], "so that no run takes the collect over as unchanged"
    assert main(["quarantine", "--workspace", root, "--reason", "none"]) == 2


def test_an_empty_quarantine_is_told(workspace, tmp_path, capsys):
    collected(workspace, files(write(tmp_path, "e.csv", THREE)))
    assert main(["quarantine", "--workspace", str(workspace.root)]) == 0
    assert capsys.readouterr().out == "nothing is in quarantine\n"

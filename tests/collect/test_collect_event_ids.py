"""Where events have ids of their own, these alone say what is told twice."""

import itertools

import pytest

from recpipe.core.workspace import Workspace
from tests.collect.shops import HEADER, collected, files, rows, write

WITH_IDS = HEADER + ",event_id\n"


def test_two_events_with_ids_may_be_equal_in_all_else(workspace, tmp_path):
    path = write(
        tmp_path, "e.csv", WITH_IDS + "u,i,2024-01-01,a\nu,i,2024-01-01,b\nu,i,2024-01-01,\nu,i,2024-01-01,\n"
    )
    done = collected(workspace, files(path))
    assert (done.kept, done.duplicate) == (3, 1)
    ids = rows(workspace, "SELECT event_id FROM events ORDER BY 1 NULLS LAST")
    assert ids == [("a",), ("b",), (None,)]


def test_an_id_is_one_event_whatever_else_differs_and_whenever_it_was(workspace, tmp_path):
    collected(workspace, files(write(tmp_path, "a.csv", WITH_IDS + "u,i,2024-01-01,a\n")))
    done = collected(
        workspace, files(write(tmp_path, "b.csv", WITH_IDS + "v,j,2025-06-01,a\nv,j,2025-06-01,c\n"))
    )
    assert (done.kept, done.duplicate) == (1, 1)
    assert rows(workspace, "SELECT user_id FROM events ORDER BY event_id") == [("u",), ("v",)]


@pytest.mark.parametrize("order", itertools.permutations((0, 1)))
def test_of_rows_with_one_id_the_least_is_kept_whatever_came_first(tmp_path, order):
    lines = ["u,i,2024-01-02,a", "u,i,2024-01-01,a"]
    workspace = Workspace.open(tmp_path / "w")
    collected(workspace, files(write(tmp_path, "e.csv", WITH_IDS + "\n".join(lines[n] for n in order))))
    assert rows(workspace, "SELECT event_at::DATE::VARCHAR FROM events") == [("2024-01-01",)]


def test_ids_come_through_ndjson_too(workspace, tmp_path):
    line = '{{"user_id":"u","item_id":"i","timestamp":"2024-01-01","event_id":{}}}\n'
    collected(
        workspace, files(write(tmp_path, "e.ndjson", line.format(7) + line.format('"7"') + line.format(8)))
    )
    assert rows(workspace, "SELECT event_id FROM events ORDER BY 1") == [("7",), ("8",)]


def test_events_without_ids_are_looked_for_beyond_those_with(workspace, tmp_path):
    path = write(tmp_path, "a.csv", HEADER + "\nu,i,2024-01-01\nu,j,2024-02-01\n")
    collected(workspace, files(path))
    again = write(tmp_path, "b.csv", HEADER + "\nu,j,2024-02-01\nu,k,2024-02-01\n")
    assert collected(workspace, files(again)).kept == 1

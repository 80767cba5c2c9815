import pytest

from recpipe import collect
from recpipe.collect.params import CollectParams
from recpipe.core.errors import DataError, ParameterError
from tests.collect.shops import THREE, collected, files, rows, write

THEIRS = "who;what;when;how\nanna;tea;2024-03-01;view\n"
MAPPING = {"user_id": "who", "item_id": "what", "timestamp": "when", "event_type": "how"}


def test_mapped_columns_are_found(workspace, tmp_path):
    collected(workspace, files(write(tmp_path, "e.csv", THEIRS), columns=MAPPING))
    assert rows(workspace, "SELECT user_id, item_id, event_type FROM events") == [("anna", "tea", "view")]


def test_items_and_users_may_use_our_name_theirs_or_one_of_their_own(workspace, tmp_path):
    events = write(tmp_path, "e.csv", THEIRS)
    items = write(tmp_path, "i.csv", "sku;name\ntea;Tea\n")
    users = write(tmp_path, "u.csv", "user_id;city\nanna;A\n")
    columns = MAPPING | {"items.item_id": "sku", "title": "name"}
    collected(workspace, files(events, items=items, users=users, columns=columns))
    assert rows(workspace, "SELECT item_id, title, attributes FROM items") == [("tea", "Tea", "{}")]
    assert rows(workspace, "SELECT user_id, attributes FROM users") == [("anna", '{"city":"A"}')]


def test_missing_columns_are_named_with_the_option_that_maps_them(tmp_path):
    path = write(tmp_path, "e.csv", THEIRS)
    with pytest.raises(
        DataError, match="no column 'user_id', 'item_id', 'timestamp'; it has who, what"
    ) as raised:
        collect.preflight(files(path))
    assert "--collect.columns" in raised.value.hint


def test_a_mapped_column_that_is_not_there_is_named(tmp_path):
    path = write(tmp_path, "e.csv", THEIRS)
    with pytest.raises(DataError, match=r"no column 'amount' \(for value\)"):
        collect.preflight(files(path, columns=MAPPING | {"value": "amount"}))


def test_a_name_that_is_not_ours_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(ParameterError, match="no column 'usr_id' to map") as raised:
        collect.preflight(files(write(tmp_path, "e.csv", THEIRS), columns={"usr_id": "who"}))
    assert "Did you mean user_id?" in raised.value.hint


@pytest.mark.parametrize("columns", [{"user_id": "x", "item_id": "x"}, {"user_id": "item_id"}])
def test_two_of_ours_cannot_be_one_of_theirs(tmp_path, columns):
    path = write(tmp_path, "e.csv", THREE.replace("user_id", "x"))
    with pytest.raises(ParameterError, match="user_id and item_id are both the column"):
        collect.preflight(files(path, columns=columns))


def test_a_column_that_stands_twice_is_refused(tmp_path):
    path = write(tmp_path, "e.csv", "user_id,user_id,item_id,timestamp\na,b,c,2024-01-01\n")
    with pytest.raises(DataError, match="two columns are called 'user_id'"):
        collect.preflight(files(path))


def test_names_that_differ_in_case_only_are_different_columns(workspace, tmp_path):
    path = write(tmp_path, "e.csv", "USER_ID,user_id,item_id,timestamp\nno,yes,i,2024-01-01\n")
    collected(workspace, files(path, users=path))
    assert rows(workspace, "SELECT user_id FROM events") == [("yes",)]


def test_relative_paths_are_those_of_the_caller(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CollectParams(events="a.csv, b/*.csv").events == f"{tmp_path}/a.csv,{tmp_path}/b/*.csv"


LINES = [("a", "pv"), ("b", "buy"), ("c", "")]
TYPED = {
    "e.csv": "user_id,item_id,timestamp,event_type\n" + "".join(f"u,{i},2024-01-01,{t}\n" for i, t in LINES),
    "e.ndjson": "".join(
        f'{{"user_id": "u", "item_id": "{i}", "timestamp": "2024-01-01", "event_type": "{t}"}}\n'
        for i, t in LINES
    ),
}


@pytest.mark.parametrize("name", TYPED)
def test_their_types_of_event_become_ours(workspace, tmp_path, name):
    types = {"pv": "view", "event": "purchase"}
    batch = collect.read(workspace, files(write(tmp_path, name, TYPED[name]), event_types=types))
    assert batch.files[0]["as"] == "pv=view, event=purchase"
    collect.merge(workspace, batch)
    assert rows(workspace, "SELECT item_id, event_type FROM events ORDER BY 1") == [
        ("a", "view"),
        ("b", "buy"),
        ("c", "purchase"),
    ]

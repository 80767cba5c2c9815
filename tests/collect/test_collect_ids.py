"""Ids of any content come through every format unchanged, and are never run as SQL."""

import csv
import io
import json
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recpipe import collect
from recpipe.core.workspace import Workspace
from tests.collect.shops import collected, files, rows, write

NASTY = [
    'it\'s "quoted"',
    "two\nlines",
    "tab\tand,comma;semicolon|bar",
    "🛒👩‍👩‍👧 Ünïcödé",
    "'; DROP TABLE events; --",
    "${path} $file {batch} %s ../..",
    "NULL",
    "nan",
    "1.0",
    "x" * 10_240,
]
MOMENT = "2024-01-01"

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30)


def as_csv(ids):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("user_id", "item_id", "timestamp"), *((text, text, MOMENT) for text in ids)])
    return out.getvalue()


def as_ndjson(ids):
    return "".join(json.dumps({"user_id": text, "item_id": text, "timestamp": MOMENT}) + "\n" for text in ids)


def as_parquet(ids):
    out = io.BytesIO()
    pq.write_table(pa.table({"user_id": ids, "item_id": ids, "timestamp": [MOMENT] * len(ids)}), out)
    return out.getvalue()


WRITERS = {"e.csv": as_csv, "e.ndjson": as_ndjson, "e.parquet": as_parquet}


def come_through(folder, name, ids):
    workspace = Workspace.open(folder / "w")
    workspace.database.unlink(missing_ok=True)
    done = collected(workspace, files(write(folder, name, WRITERS[name](ids))))
    assert done.read == len(ids)
    return {text for pair in rows(workspace, "SELECT user_id, item_id FROM events") for text in pair}


def is_blank(text):
    return all(unicodedata.category(character) == "Zs" for character in text)


@pytest.mark.parametrize("name", WRITERS)
def test_nasty_ids_come_through_unchanged(tmp_path, name):
    assert come_through(tmp_path, name, NASTY) == set(NASTY)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=st.lists(texts, min_size=1, max_size=20, unique=True))
def test_any_ids_come_through_unchanged(tmp_path, name, ids):
    ids = [*ids, "anchor"]
    assert come_through(tmp_path, name, ids) == {text for text in ids if not is_blank(text)}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ids=st.lists(texts, min_size=2, max_size=5, unique=True))
def test_any_id_is_quarantined_set_aside_and_forgotten_as_it_is(tmp_path, ids):
    workspace = Workspace.open(tmp_path / "w")
    workspace.database.unlink(missing_ok=True)
    ids = [*ids, "anchor", "'; DROP TABLE events; --"]
    known = {text for text in ids if not is_blank(text)}
    bad = [{"user_id": text, "item_id": "i", "timestamp": text + "never"} for text in ids]
    bots = [
        {"user_id": text, "item_id": text, "timestamp": f"{MOMENT}T0{n}:00"} for text in ids for n in range(3)
    ]
    pq.write_table(pa.Table.from_pylist(bots + bad), tmp_path / "e.parquet")
    pq.write_table(pa.table({"item_id": ids, "title": ids}), tmp_path / "i.parquet")
    params = files(
        str(tmp_path / "e.parquet"),
        items=str(tmp_path / "i.parquet"),
        max_events_per_day=2,
        timestamp_format="iso",
    )
    done = collected(workspace, params)
    assert (done.read, done.kept, done.set_aside_users) == (4 * len(ids), 3 * len(known), len(known))
    held = rows(workspace, "SELECT bad_value FROM quarantine WHERE bad_column = 'timestamp'")
    assert {value for (value,) in held} == {(text + "never")[:80] for text in known}
    assert {item for (item,) in rows(workspace, "SELECT item_id FROM items")} == known
    collect.forget(workspace, ids[0])
    left = rows(
        workspace,
        "SELECT user_id FROM set_aside UNION SELECT user_id FROM quarantine WHERE user_id IS NOT NULL",
    )
    assert {user for (user,) in left if not is_blank(user)} == known - {ids[0]}

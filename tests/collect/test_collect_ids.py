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

"""What cannot be read is refused with one clear message, and nothing is left half-written."""

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from recpipe import collect
from recpipe.collect.params import CollectParams
from recpipe.core.errors import DataError, ParameterError
from tests.collect.shops import HEADER, THREE, files, rows, write


def truncated_parquet(tmp_path):
    path = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"user_id": ["u"] * 100, "item_id": ["i"] * 100, "timestamp": [1] * 100}), path)
    return path.read_bytes()[:-20]


FILES = {
    "no complete Parquet file": ("e.parquet", truncated_parquet),
    "by its name Parquet, by its content not": ("e.parquet", lambda _: THREE),
    "by its name plain text, by its content Parquet": ("e.csv", lambda _: b"PAR1rest"),
    "by its name plain text, by its content gzip": ("e.csv", lambda _: gzip.compress(THREE.encode())),
    "by its name gzip, by its content not": ("e.csv.gz", lambda _: THREE),
    "damaged": ("e.csv.gz", lambda _: gzip.compress(THREE.encode() * 999)[:60]),
    "the file is empty": ("e.csv", lambda _: ""),
    "holds no line": ("e.csv", lambda _: "\n\n"),
    "there is no event in it": ("e.csv", lambda _: HEADER + "\n"),
    "none of its 1 rows is usable; 1 times: no user_id, first in": (
        "e.csv",
        lambda _: HEADER + "\n,i,2024-01-01\n",
    ),
    "one JSON list, not an object a line": ("e.json", lambda _: '[{"user_id": 1}]'),
    "no column 'user_id', 'item_id', 'timestamp'; it has none": ("e.ndjson", lambda _: "no json\n"),
    "files called .xlsx are not read here": ("e.xlsx", lambda _: "x"),
    "row 2: a quote is opened and not closed": ("e.csv", lambda _: THREE.replace("anna,tea", '"anna,tea', 1)),
    "its line ends are mixed": ("e.csv", lambda _: THREE.replace("Z\n", "Z\r\n", 1)),
}


@pytest.mark.parametrize("message", FILES)
def test_a_file_that_cannot_be_read_is_refused_with_its_name(workspace, tmp_path, message):
    name, content = FILES[message]
    with pytest.raises(DataError) as raised:
        collect.read(workspace, files(write(tmp_path, name, content(tmp_path))))
    assert message in raised.value.message
    assert raised.value.hint
    assert "\n" not in raised.value.message
    if workspace.database.exists():
        assert rows(workspace, "SELECT table_name FROM duckdb_tables()") == []


@pytest.mark.parametrize(
    ("events", "message"),
    [("none.csv", "none.csv: no such file"), ("none*.csv", "no file matches"), ("", "no file matches")],
)
def test_a_path_that_names_no_file_is_refused(tmp_path, events, message):
    for look in (collect.preflight, collect.source_fingerprint):
        with pytest.raises(DataError, match=message) as raised:
            look(files(str(tmp_path / events)))
        assert "--collect.events" in raised.value.hint


def test_a_missing_items_file_is_refused_by_its_option(tmp_path):
    params = files(write(tmp_path, "e.csv", THREE), items=str(tmp_path / "none.csv"))
    with pytest.raises(DataError) as raised:
        collect.preflight(params)
    assert "--collect.items" in raised.value.hint


def test_files_without_events_are_no_source():
    with pytest.raises(ParameterError, match="no events are named"):
        collect.preflight(files(""))


def test_no_source_at_all_is_refused_with_the_choices(workspace):
    for refused in (
        lambda: collect.read(workspace, CollectParams()),
        lambda: collect.preflight(CollectParams()),
    ):
        with pytest.raises(ParameterError) as raised:
            refused()
        assert "--source complete-journey" in raised.value.hint


def test_parquet_damaged_in_the_middle_is_refused(workspace, tmp_path):
    path = tmp_path / "e.parquet"
    ids = [f"user {n * 7919 % 10007}" for n in range(5000)]
    table = pa.table({"user_id": ids, "item_id": ids, "timestamp": range(5000)})
    pq.write_table(table, path, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[2000:2400] = b"\x00" * 400
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"e\.parquet: (cannot be read|no complete)"):
        collect.read(workspace, files(str(path)))


@pytest.mark.parametrize(
    "values",
    [
        {"sample": 0},
        {"sample": 1.5},
        {"simulated_events": 10},
        {"simulated_bad_share": 0.9},
        {"seed": -1},
        {"earliest": "2024-02-30"},
        {"keep_days": -1},
        {"late_days": -1},
        {"value_limit": 0},
        {"future_hours": -1},
        {"delimiter": ",,"},
        {"encoding": "koi8-r"},
        {"source": "warehouse"},
        {"event": "e.csv"},
    ],
)
def test_a_parameter_out_of_bounds_or_unknown_is_refused(values):
    with pytest.raises(ValidationError):
        CollectParams(**values)

import gzip
import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from recpipe import collect
from recpipe.core.errors import DataError
from tests.collect.shops import HEADER, THREE, collected, files, refused, rows, times, write

EXPECTED = [("anna", "tea"), ("anna", "cake"), ("ben", "tea")]


def records():
    header, *lines = THREE.splitlines()
    return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]


def as_ndjson():
    return "".join(json.dumps(record) + "\n" for record in records()).encode()


def as_parquet(path):
    pq.write_table(pa.Table.from_pylist(records()), path)
    return path.read_bytes()


FORMATS = {
    "e.csv": lambda path: THREE.encode(),
    "e.tsv": lambda path: THREE.replace(",", "\t").encode(),
    "e.txt": lambda path: THREE.replace(",", "|").encode(),
    "semicolon.csv": lambda path: THREE.replace(",", ";").encode(),
    "dos.csv": lambda path: THREE.replace("\n", "\r\n").encode(),
    "marked.csv": lambda path: THREE.encode("utf-8-sig"),
    "wide.csv": lambda path: THREE.encode("utf-16"),
    "e.csv.gz": lambda path: gzip.compress(THREE.encode()),
    "e.csv.zst": lambda path: bytes(pa.Codec("zstd").compress(THREE.encode(), asbytes=True)),
    "e.ndjson": lambda path: as_ndjson(),
    "e.jsonl.gz": lambda path: gzip.compress(as_ndjson()),
    "e.json.zst": lambda path: bytes(pa.Codec("zstd").compress(as_ndjson(), asbytes=True)),
    "e.parquet": as_parquet,
}


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_events_are_read_from_every_format(workspace, tmp_path, name):
    done = collected(workspace, files(write(tmp_path, name, FORMATS[name](tmp_path / "made.parquet"))))
    assert (done.read, done.kept) == (3, 3)
    assert rows(workspace, "SELECT user_id, item_id FROM events ORDER BY event_at") == EXPECTED
    assert times(workspace) == [f"2024-03-0{day} 10:00:00" for day in (1, 2, 3)]


def test_how_each_file_was_read_is_reported(workspace, tmp_path):
    events = write(tmp_path, "e.csv.gz", gzip.compress(b"user_id;item_id;timestamp\nu;i;1700000000123\n"))
    items = write(tmp_path, "i.ndjson", '{"item_id": "i", "title": "I"}')
    told = collect.read(workspace, files(events, items=items)).frame().to_dict("records")
    assert told[0] == {
        "table": "events",
        "file": events,
        "format": "csv",
        "compression": "gzip",
        "delimiter": ";",
        "encoding": "utf-8",
        "timestamps": "epoch-ms",
        "columns": "user_id, item_id, timestamp",
    }
    assert (told[1]["table"], told[1]["format"], told[1]["columns"]) == ("items", "ndjson", "item_id, title")


def test_several_files_and_globs_are_read_each_once(workspace, tmp_path):
    for day in (1, 2, 3):
        write(tmp_path, f"day{day}.csv", f"{HEADER}\nu,i,2024-01-0{day}\n")
    extra = write(tmp_path, "extra.ndjson", '{"user_id":"v","item_id":"i","timestamp":"2024-01-04"}')
    batch = collect.read(workspace, files(f"{tmp_path}/day*.csv, {extra},{tmp_path}/day1.csv"))
    assert (batch.read, len(batch.files)) == (4, 4)


def test_a_comma_may_be_part_of_a_file_s_name(workspace, tmp_path):
    assert collected(workspace, files(write(tmp_path, "a,b [1].csv", THREE))).kept == 3


def test_a_declared_delimiter_is_taken(workspace, tmp_path):
    path = write(tmp_path, "e.csv", THREE.replace(",", "~"))
    assert collected(workspace, files(path, delimiter="~")).kept == 3
    tabbed = write(tmp_path, "t.csv", THREE.replace(",", "\t"))
    assert collected(workspace, files(tabbed, delimiter="tab")).duplicate == 3


def test_a_wrongly_declared_delimiter_never_makes_one_column(workspace, tmp_path):
    path = write(tmp_path, "e.csv", THREE.replace(",", ";"))
    with pytest.raises(DataError, match=r"no column 'user_id'.*it has user_id;item_id;timestamp") as raised:
        collect.read(workspace, files(path, delimiter=","))
    assert "--collect.delimiter" in raised.value.hint


def test_latin_1_is_told_from_utf_8_and_may_be_declared(workspace, tmp_path):
    path = write(tmp_path, "e.csv", f"{HEADER}\nJörg,tea,2024-01-01\n".encode("latin-1"))
    collected(workspace, files(path))
    collected(workspace, files(path, encoding="latin-1"))
    assert rows(workspace, "SELECT user_id FROM events") == [("Jörg",)]


def test_a_declared_encoding_beats_the_likely_one(workspace, tmp_path):
    path = write(tmp_path, "e.csv", f"{HEADER}\nJörg,tea,2024-01-01\nben,tea,2024-01-01\n")
    collected(workspace, files(path, encoding="latin-1"))
    assert rows(workspace, "SELECT user_id FROM events ORDER BY 1") == [("JÃ¶rg",), ("ben",)]


def test_text_that_is_neither_utf_8_nor_latin_1_is_refused(workspace, tmp_path):
    path = write(tmp_path, "e.csv", f"{HEADER}\n5€,tea,2024-01-01\n".encode("cp1252"))
    with pytest.raises(DataError, match="neither UTF-8 nor Latin-1") as raised:
        collect.read(workspace, files(path))
    assert "--collect.encoding" in raised.value.hint


def test_a_line_that_is_not_utf_8_is_one_bad_row(workspace, tmp_path):
    lines = [HEADER.encode(), "Zoë,tea,2024-01-01".encode(), "Zoë,tea,2024-01-01".encode("latin-1")]
    path = write(tmp_path, "e.csv", b"\n".join(lines))
    assert collected(workspace, files(path)).kept == 1
    assert refused(workspace) == [(3, "not in the encoding of the file")]


def test_ragged_lines_are_bad_rows_with_the_line_of_the_file(workspace, tmp_path):
    content = (
        f'{HEADER}\nu,i\nu,i,2024-01-01\n,i,2024-01-01\nu,i,2024-01-01,x\nu,i,never\n"u"x,i,2024-01-01\n'
    )
    assert collected(workspace, files(write(tmp_path, "e.csv", content))).read == 6
    assert refused(workspace) == [
        (2, "too few columns"),
        (4, "no user_id"),
        (5, "too many columns"),
        (6, "unreadable timestamp"),
        (7, "wrong quoting"),
    ]
    assert rows(workspace, "SELECT content FROM quarantine WHERE row_number = 5") == [("u,i,2024-01-01,x",)]


def test_broken_json_lines_are_bad_rows(workspace, tmp_path):
    good = '{"user_id": 7, "item_id": "i", "timestamp": "2024-01-01"}'
    path = write(tmp_path, "e.ndjson", f'{good}\n{{"user_id": \n\n[1]\n{{"user_id": "u", "item_id": null}}\n')
    assert collected(workspace, files(path)).kept == 1
    assert refused(workspace) == [(2, "no JSON object"), (4, "no user_id"), (5, "no item_id")]
    assert rows(workspace, "SELECT user_id FROM events") == [("7",)]


def test_bad_parquet_rows_are_numbered_from_one(workspace, tmp_path):
    table = pa.table(
        {"user_id": ["a", None, "c"], "item_id": ["x", "y", " "], "timestamp": ["2024-01-01"] * 3}
    )
    pq.write_table(table, tmp_path / "e.parquet")
    collected(workspace, files(str(tmp_path / "e.parquet")))
    assert refused(workspace) == [(2, "no user_id"), (3, "no item_id")]


def test_whole_numbers_that_became_floats_are_ids_without_a_point(workspace, tmp_path):
    table = pa.table({"user_id": [12.0, None, 3.5], "item_id": [1, 2, 3], "timestamp": ["2024-01-01"] * 3})
    pq.write_table(table, tmp_path / "e.parquet")
    pq.write_table(pa.table({"user_id": [12.0], "city": ["A"]}), tmp_path / "u.parquet")
    collected(workspace, files(str(tmp_path / "e.parquet"), users=str(tmp_path / "u.parquet")))
    assert rows(workspace, "SELECT user_id, item_id FROM events ORDER BY 1") == [("12", "1"), ("3.5", "3")]
    assert rows(workspace, "SELECT user_id FROM users") == [("12",)]


def test_values_that_are_no_numbers_are_bad_rows_and_missing_ones_are_not(workspace, tmp_path):
    content = (
        f"{HEADER},value\nu,a,2024-01-01,1.5\nu,b,2024-01-01,\nu,c,2024-01-01,much\nu,d,2024-01-01,inf\n"
    )
    collected(workspace, files(write(tmp_path, "e.csv", content + "u,e,2024-01-01,NaN\n")))
    assert rows(workspace, "SELECT item_id, value FROM events ORDER BY 1") == [
        ("a", 1.5),
        ("b", None),
        ("e", None),
    ]
    assert refused(workspace) == [(4, "unreadable value"), (5, "unreadable value")]


def test_categories_come_as_lists_or_separated_and_the_rest_is_attributes(workspace, tmp_path):
    table = pa.table(
        {"item_id": ["p"], "categories": [["x", "y"]], "title": ["P"], "price": [2.5], "none": [None]}
    )
    pq.write_table(table, tmp_path / "i.parquet")
    listed = write(tmp_path, "i.ndjson", '{"item_id":"n","categories":["x"," "],"tags":{"a":1}}\n')
    separated = write(tmp_path, "i.csv", "item_id,categories,title,size\nc,x| y||,,XL\n,x,nameless,S\n")
    events = write(tmp_path, "e.csv", THREE)
    collected(workspace, files(events, items=f"{tmp_path}/i.parquet,{listed},{separated}"))
    assert rows(workspace, "SELECT item_id, title, categories, attributes, price FROM items ORDER BY 1") == [
        ("c", None, ["x", "y"], '{"size":"XL"}', None),
        ("n", None, ["x"], '{"tags":{"a":1}}', None),
        ("p", "P", ["x", "y"], '{"price":2.5}', 2.5),
    ]
    assert refused(workspace) == [(3, "no item_id")]


def test_attributes_that_json_cannot_say_are_left_out(workspace, tmp_path):
    table = pa.table({"item_id": ["a"], "price": [float("nan")], "size": [float("inf")], "weight": [1.5]})
    pq.write_table(table, tmp_path / "i.parquet")
    collected(workspace, files(write(tmp_path, "e.csv", THREE), items=str(tmp_path / "i.parquet")))
    assert rows(workspace, "SELECT attributes FROM items") == [('{"weight":1.5}',)]


def test_texts_that_parquet_holds_as_bytes_are_texts(workspace, tmp_path):
    table = pa.table({"user_id": ["Zoë".encode()], "item_id": [b"i"], "timestamp": ["2024-01-01"]})
    pq.write_table(table, tmp_path / "e.parquet")
    collected(workspace, files(str(tmp_path / "e.parquet"), users=str(tmp_path / "e.parquet")))
    assert rows(workspace, "SELECT user_id FROM events UNION SELECT user_id FROM users") == [("Zoë",)]


def test_how_many_files_are_read_is_told(workspace, tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO", "recpipe")
    monkeypatch.setattr("recpipe.core.progress.INTERVAL_SECONDS", 0)
    for name in ("one.csv", "two.csv"):
        write(tmp_path, name, THREE + f"{name},tea,2024-03-04\n")
    collected(workspace, files(str(tmp_path / "*.csv")))
    assert caplog.messages == ["reading: 1 of 2 files", "reading: 2 of 2 files"]

"""Where files lie: folders that fill up, and other file systems than the machine's own."""

import gzip
from datetime import datetime

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from recpipe import collect
from recpipe.core.errors import DataError, ParameterError, UnreachableError
from tests.collect.shops import HEADER, THREE, collected, files, rows, write


class Bucket(MemoryFileSystem):
    """What stands in for S3: the address, and contents that live as long as the test."""

    protocol = "s3"
    store: dict = {}  # noqa: RUF012
    pseudo_dirs: list = [""]  # noqa: RUF012


@pytest.fixture
def bucket(monkeypatch):
    monkeypatch.setitem(_registry, "s3", Bucket)
    yield fsspec.filesystem("s3")
    Bucket.store.clear()


@pytest.fixture
def memory():
    yield fsspec.filesystem("memory")
    MemoryFileSystem.store.clear()


def parquet(moment):
    table = pa.table({"user_id": ["pia"], "item_id": ["tea"], "timestamp": [moment]})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return sink.getvalue().to_pybytes()


def test_a_folder_fills_up_night_by_night(workspace, tmp_path):
    folder = tmp_path / "nights"
    (folder / "2024-03").mkdir(parents=True)
    write(folder, "2024-03/01.csv", THREE)
    params = files(str(folder))
    first = collect.source_fingerprint(params)
    collected(workspace, params)
    write(folder, "2024-03/02.ndjson", '{"user_id": "cleo", "item_id": "tea", "timestamp": "2024-03-04"}\n')
    assert collect.source_fingerprint(params) != first
    collected(workspace, params)
    assert rows(workspace, "SELECT user_id, count(*) FROM events GROUP BY 1 ORDER BY 1") == [
        ("anna", 2),
        ("ben", 1),
        ("cleo", 1),
    ]


def test_what_is_unfinished_or_no_data_in_a_folder_is_left_out(tmp_path):
    for name in ("a.csv", ".b.csv", "_c.csv", "_SUCCESS", "notes.pdf", ".part/d.csv", "e.csv.gz.tmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path, name, THREE)
    assert [report["file"] for report in collect.preflight(files(str(tmp_path)))] == [str(tmp_path / "a.csv")]


def test_a_folder_without_data_is_refused(tmp_path):
    with pytest.raises(DataError, match="no file matches") as raised:
        collect.preflight(files(str(tmp_path)))
    assert ".parquet" in raised.value.hint


@pytest.mark.parametrize(
    "pattern", ["memory://shop", "memory://shop/*/*.*", "memory://shop/n/a.csv,memory://shop/n/b.parquet"]
)
def test_a_remote_folder_a_glob_and_addresses_by_comma_name_the_same_files(workspace, memory, pattern):
    memory.pipe("/shop/n/a.csv", THREE.encode())
    memory.pipe("/shop/n/b.parquet", parquet(datetime(2024, 3, 5)))
    done = collected(workspace, files(pattern))
    assert (done.read, done.kept) == (4, 4)


def test_compressed_remote_text_is_read_and_bad_rows_are_found_again(workspace, memory):
    memory.pipe(
        "/shop/e.csv.gz", gzip.compress(f"{HEADER}\nanna,tea,2024-03-01\nanna,,2024-03-01\n".encode())
    )
    memory.pipe("/shop/u.ndjson", b'{"user_id": "anna", "city": "A"}\n')
    collected(workspace, files("memory://shop/e.csv.gz", users="memory://shop/u.ndjson"))
    assert rows(workspace, "SELECT file, row_number, reason FROM quarantine") == [
        ("memory://shop/e.csv.gz", 3, "no item_id")
    ]
    assert rows(workspace, "SELECT user_id, attributes FROM users") == [("anna", '{"city":"A"}')]


def test_another_scheme_goes_through_its_own_file_system(workspace, bucket, tmp_path):
    bucket.pipe("s3://shop/e.csv", THREE.encode())
    assert (
        collected(workspace, files("s3://shop/*.csv", items=write(tmp_path, "i.csv", "item_id\ntea\n"))).kept
        == 3
    )


class Web(MemoryFileSystem):
    """What fsspec's web files are like: no time of change, and "not found" whatever the trouble is."""

    protocol = "https"
    store: dict = {}  # noqa: RUF012
    pseudo_dirs: list = [""]  # noqa: RUF012

    def modified(self, path):
        raise NotImplementedError

    def info(self, path, **more):
        if "down" in path:
            raise FileNotFoundError(path) from ConnectionError("refused")
        return super().info(path, **more)


def test_a_web_address_may_have_a_query_and_tells_a_broken_line_from_a_missing_file(workspace, monkeypatch):
    monkeypatch.setitem(_registry, "https", Web)
    address = "https://shop.example/e.csv?token=1"
    fsspec.filesystem("https").pipe(address, THREE.encode())
    assert collected(workspace, files(address)).kept == 3
    with pytest.raises(DataError, match="no such file"):
        collect.preflight(files("https://shop.example/none.csv"))
    with pytest.raises(UnreachableError, match="cannot be reached"):
        collect.preflight(files("https://shop.example/down.csv"))


def test_a_changed_remote_file_has_another_fingerprint(memory):
    memory.pipe("/shop/e.csv", THREE.encode())
    first = collect.source_fingerprint(files("memory://shop/e.csv"))
    assert first == collect.source_fingerprint(files("memory://shop/e.csv"))
    memory.pipe("/shop/e.csv", THREE.replace("tea", "jam").encode())
    assert collect.source_fingerprint(files("memory://shop/e.csv")) != first


@pytest.mark.parametrize("pattern", ["memory://shop/none.csv", "memory://shop/none*.csv"])
def test_a_remote_file_that_is_not_there_is_named(memory, pattern):
    with pytest.raises(DataError, match="memory://shop/none"):
        collect.preflight(files(pattern))


@pytest.mark.parametrize(
    ("address", "extra"),
    [("gs://shop/e.csv", "gcs"), ("az://shop/e.csv", "azure"), ("https://shop.example/e.csv", "http")],
)
def test_a_driver_that_is_not_installed_is_named_with_its_extra(monkeypatch, address, extra):
    def absent(_):
        raise ImportError("no driver")

    monkeypatch.setattr("fsspec.core.url_to_fs", absent)
    with pytest.raises(ParameterError, match="is not installed") as raised:
        collect.preflight(files(address))
    assert f"recpipe[{extra}]" in raised.value.hint


def test_a_scheme_that_is_none_is_refused():
    with pytest.raises(ParameterError, match="nowhere:// is no file system"):
        collect.preflight(files("nowhere://shop/e.csv"))


class Cut:
    """A file whose line breaks after some bytes."""

    def __init__(self, file, left):
        self._file, self._left = file, left

    def read(self, size=-1):
        self._left -= size
        if self._left < 0:
            raise OSError("connection reset by peer")
        return self._file.read(size)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file, name)


def test_a_line_that_breaks_in_mid_read_stages_nothing_and_is_worth_another_try(
    workspace, bucket, monkeypatch
):
    body = "".join(f"u{n},tea,2024-03-01\n" for n in range(200_000))
    bucket.pipe("s3://shop/e.csv", f"{HEADER}\n{body}".encode())
    whole = Bucket.open
    with monkeypatch.context() as patched, pytest.raises(UnreachableError, match="connection reset by peer"):
        patched.setattr(
            Bucket, "open", lambda self, *args, **more: Cut(whole(self, *args, **more), 2_000_000)
        )
        collect.read(workspace, files("s3://shop/e.csv"))
    assert rows(workspace, "SELECT count(*) FROM duckdb_tables()") == [(0,)]
    assert collected(workspace, files("s3://shop/e.csv")).kept == 200_000


def test_a_local_file_may_be_given_as_an_address(tmp_path):
    path = write(tmp_path, "e.csv", THREE)
    assert collect.preflight(files(f"file://{path}"))[0]["file"] == path

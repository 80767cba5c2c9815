import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from recpipe.core import store
from recpipe.core.errors import BusyError, DataError

HOLD = """
import sys
from pathlib import Path
from recpipe.core import store
with store.connect(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_transaction_is_done_whole_or_not_at_all(tmp_path: Path) -> None:
    with store.connect(tmp_path / "a.duckdb") as opened:
        opened.query("CREATE TABLE t (a INTEGER)")
        with pytest.raises(RuntimeError), opened.transaction():
            opened.query("INSERT INTO t VALUES (1)")
            raise RuntimeError
        assert opened.query("SELECT count(*) FROM t").value() == 0
        with opened.transaction():
            opened.query("INSERT INTO t VALUES (1)")
        assert opened.query("SELECT count(*) FROM t").value() == 1


def test_several_statements_share_the_bound_parameters() -> None:
    with store.connect(None) as opened:
        rows = opened.query("CREATE TABLE t AS SELECT $a AS a; SELECT a + $b FROM t", a=1, b=2).rows()
    assert rows == [(3,)]


def test_a_parameter_that_no_statement_uses_is_an_error() -> None:
    with store.connect(None) as opened, pytest.raises(ValueError, match="cutof"):
        opened.query("SELECT 1", cutof=1)


def test_arrow_rows_are_matched_by_column_name() -> None:
    with store.connect(None) as opened:
        opened.query("CREATE TABLE t (a INTEGER, b VARCHAR)")
        opened.insert_arrow("t", pa.table({"b": ["x"], "a": [1]}))
        assert opened.query("FROM t").records() == [{"a": 1, "b": "x"}]
        assert opened.stream("FROM t WHERE a = $a", a=1).read_all().num_rows == 1


def test_a_locked_database_is_named_after_a_bounded_wait(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(BusyError, match=rf"shop\.duckdb: locked by another process \({holder.pid}\)"),
            store.connect(path, wait_seconds=0.3),
        ):
            pass
        holder.kill()
    with store.connect(path) as opened:
        assert opened.query("SELECT 1").value() == 1


def test_a_file_that_is_no_database_is_a_data_error(tmp_path: Path) -> None:
    path = tmp_path / "shop.duckdb"
    path.write_text("this is no database, only a text that is long enough to be read as one")
    with pytest.raises(DataError, match=r"shop\.duckdb: cannot be opened"), store.connect(path):
        pass

"""The steps of benchmarks/data.py do what their names say, and the table shows what was measured."""

from pathlib import Path

import data
import duckdb
import pytest
from data_steps import Steps
from process_tree import Measured


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    made = Steps(tmp_path, 2000)
    made.make()
    return made


def held(steps: Steps) -> tuple[int, int]:
    """Events in the workspace and in the bare table."""
    counts = []
    for path in (steps.folder / "workspace" / "recpipe.duckdb", steps.folder / "bare.duckdb"):
        with duckdb.connect(str(path)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM events").fetchone() or (0,)
            counts.append(int(count))
    return counts[0], counts[1]


def test_the_steps_collect_what_bare_sql_collects_and_nothing_twice(steps: Steps) -> None:
    for step in (steps.read, steps.merge, steps.bare):
        step()
    ours, bare = held(steps)
    assert ours == bare
    for step in (steps.again, steps.unchanged, steps.touched, steps.summary):
        step()
    assert held(steps)[0] == ours
    steps.night()
    steps.bare_night()
    assert held(steps)[0] == held(steps)[1] > ours


def test_the_table_has_a_row_a_step_and_the_exponent_of_its_growth() -> None:
    small, large = Measured(0, 1.0, 2.0, 100.0), Measured(0, 9.0, 20.0, 900.0)
    lines = data.report(
        {10: {"read": small, "polars": "not installed"}, 100: {"read": large, "polars": "not installed"}}
    ).splitlines()
    assert lines[2] == "| collect: read | 2.0 | 100 | 20.0 | 900 | 1.00 |"
    assert lines[3] == "| Polars streaming: distinct rows | not installed |  | not installed |  |  |"


def test_a_peer_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "find_spec", lambda name: None)
    assert data.run_step("polars", tmp_path, 10) == "not installed"

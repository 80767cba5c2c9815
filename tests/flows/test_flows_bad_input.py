"""Bad input through the command line in its own process: one message, an exit code, no traceback."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recpipe.core.workspace import Workspace
from tests.locks import locked

ROOT = Path(__file__).parents[2]
CLI = (sys.executable, "-c", "import sys; from recpipe.cli import main; sys.exit(main())")


def run_cli(workspace: Path, api: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PREFECT_API_URL": api, "PYTHONPATH": str(ROOT)}
    command = [*CLI, *arguments, "--workspace", str(workspace)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def assert_one_message(done: subprocess.CompletedProcess[str], code: int, message: str) -> None:
    told = [line for line in done.stderr.splitlines() if line.startswith("recpipe: ")]
    assert done.returncode == code, done.stderr
    assert len(told) == 1, done.stderr
    assert message in told[0]
    assert "\nTo do: " in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--source", "files", "--events", "/nowhere/e.csv"), "/nowhere/e.csv: no such file"),
        (("run", "--source", "simulated", "--train.epocs", "3"), "--train.epocs"),
        (("stage", "trian"), "trian"),
        (("stage", "train"), "there is no newest snapshot yet"),
        (("export", "out.csv"), "there is no workspace"),
    ],
    ids=["missing file", "misspelt parameter", "misspelt stage", "empty workspace", "nothing to export"],
)
def test_bad_input_is_one_message_and_exit_code_2(
    arguments: tuple[str, ...], message: str, tmp_path: Path, prefect_api: str
) -> None:
    assert_one_message(run_cli(tmp_path / "workspace", prefect_api, *arguments), 2, message)
    assert not (tmp_path / "workspace").exists()


@pytest.mark.slow
def test_a_locked_database_is_one_message_and_exit_code_1(tmp_path: Path, prefect_api: str) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    (tmp_path / "e.csv").write_text("user_id,item_id,timestamp\nu,i,2024-01-01\n")
    source = ("--source", "files", "--events", str(tmp_path / "e.csv"))
    started = time.monotonic()
    with locked(workspace.database):
        done = run_cli(workspace.root, prefect_api, "stage", "collect", *source)
    assert_one_message(done, 1, "recpipe.duckdb: locked by another process")
    assert time.monotonic() - started < 40
    assert list(workspace.runs.iterdir()) == [], "it is found before anything starts"

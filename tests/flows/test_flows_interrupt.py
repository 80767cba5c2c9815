"""Interrupting a run in its own process: nothing is left behind, and the next run goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recpipe.core.workspace import Workspace
from tests.standins import standins_of, workspace_with_standins, write_standin

ROOT = Path(__file__).parents[2]
WAIT = """
import os, time
from pathlib import Path
Path(run_folder, "kernel").write_text(str(os.getpid()))
time.sleep(600)
"""


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for a condition; fails the test if it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"


def start(workspace: Workspace, api: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "import sys; from recpipe.cli import main; sys.exit(main())"]
    return subprocess.Popen(
        [*command, "run", "--workspace", str(workspace.root)],
        env=os.environ
        | {"PREFECT_API_URL": api, "PYTHONPATH": str(ROOT)}
        | {"RECPIPE_NOTEBOOKS__DIR": str(standins_of(workspace))},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("sent", "code", "status"),
    [
        pytest.param(signal.SIGINT, 130, "interrupted", id="Ctrl-C", marks=pytest.mark.slow),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, "running", id="kill -9"),
    ],
)
def test_an_interrupted_run_leaves_no_kernel_and_the_next_goes_on(
    tmp_path: Path, prefect_api: str, sent: signal.Signals, code: int, status: str
) -> None:
    workspace = workspace_with_standins(tmp_path, {"train": WAIT})
    process = start(workspace, prefect_api)
    wait_until(lambda: any(workspace.runs.glob("*/kernel")) or process.poll() is not None)
    (marker,) = workspace.runs.glob("*/kernel")
    wait_until(lambda: bool(marker.read_text()))
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert "Traceback" not in errors
    wait_until(lambda: is_gone(int(marker.read_text())), seconds=30)
    assert json.loads((marker.parent / "run.json").read_text())["status"] == status

    write_standin(standins_of(workspace), "train", "pass")
    again = start(workspace, prefect_api)
    shown, errors = again.communicate(timeout=300)
    assert again.returncode == 0, errors
    assert "collect: reused" in errors
    assert "features: reused" in errors
    assert "next          recpipe recommend u1" in shown
    assert not list(workspace.root.rglob(".tmp-*"))


def test_a_failed_stage_is_one_message_without_a_traceback(tmp_path: Path, prefect_api: str) -> None:
    refuse = "from recpipe.core.errors import DataError\nraise DataError('no rows', 'Collect some.')"
    workspace = workspace_with_standins(tmp_path, {"features": refuse})
    process = start(workspace, prefect_api)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 2
    (run,) = workspace.runs.iterdir()
    assert errors.splitlines()[-3:] == [
        "recpipe: features: no rows",
        f"Executed notebook: {run / 'features' / '2_features.ipynb'}",
        "To do: Collect some.",
    ]
    assert "Traceback" not in errors

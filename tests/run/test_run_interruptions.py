"""Interrupted at seeded random moments, then run again: nothing lost, nothing doubled, nothing left.

`RECPIPE_INTERRUPTIONS` says how often each stage is interrupted (`make soak`: 50).
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from pyarrow import parquet

from recpipe import recommend
from recpipe.core import store
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.stages import STAGES

pytestmark = pytest.mark.slow

INTERRUPTIONS = int(os.environ.get("RECPIPE_INTERRUPTIONS", "3"))
PARAMS = PipelineParams.model_validate(
    {
        "collect": {"source": "simulated", "simulated_events": 5_000},
        "train": {"epochs": 2, "dimension": 8, "max_history": 20},
        "recommend": {"k": 5},
    }
)

DRIVE = """
import sys
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.record import recorded_run
from recpipe.run.runner import run_stage

root, params, *stages = sys.argv[1:]
workspace, params = Workspace.open(root), PipelineParams.model_validate_json(params)
with workspace.lock(), recorded_run(workspace) as run:
    for stage in stages:
        run_stage(stage, getattr(params, stage), workspace, run.folder)
"""


def start(workspace: Path, *stages: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", DRIVE, str(workspace), PARAMS.model_dump_json(), *stages]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def run(workspace: Path, *stages: str) -> float:
    """Run to the end; return the wall time in seconds."""
    started = time.monotonic()
    process = start(workspace, *stages)
    _, errors = process.communicate()
    assert process.returncode == 0, errors.decode()
    return time.monotonic() - started


def interrupt(workspace: Path, stage: str, after_seconds: float, how: signal.Signals) -> None:
    process = start(workspace, stage)
    try:
        process.wait(after_seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(how)
    process.communicate()


def kernels(workspace: Path) -> list[psutil.Process]:
    """Return the kernels that work for a run of `workspace`, told by the log they write to."""
    found = []
    for process in psutil.process_iter():
        try:
            targets = [str(Path(f"/proc/{process.pid}/fd/{number}").readlink()) for number in (1, 2)]
        except OSError:
            continue  # it ended, or is not ours to look at
        if any(target.startswith(str(workspace)) for target in targets):
            found.append(process)
    return found


def outcome(root: Path, tmp_path: Path) -> dict[str, object]:
    """Return all that must come out equal: tables, snapshot hashes, exported lists."""
    workspace = Workspace.open(root)
    recommend.export(workspace, tmp_path / "lists.parquet")
    tables = {
        "events": "user_id, item_id, event_type, event_at, value, event_order",
        "items": "*",
        "users": "*",
    }
    with store.connect(workspace.database, read_only=True) as opened:
        rows = {
            table: opened.query(f"SELECT {names} FROM {table} ORDER BY ALL").rows()
            for table, names in tables.items()
        }
        quarantined = opened.query("SELECT reason, content FROM quarantine ORDER BY ALL").rows()
    snapshot = workspace.snapshots.pointed("newest")
    return {
        "rows": rows,
        "quarantined": quarantined,
        "snapshot": (snapshot, workspace.snapshots.manifest(snapshot)["files"]),
        # not when they were made, which no two runs share
        "lists": parquet.read_table(tmp_path / "lists.parquet").drop_columns(["generated_at"]),
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], dict[str, float]]:
    """The outcome of an undisturbed run, and how many seconds each stage took."""
    root = tmp_path_factory.mktemp("undisturbed")
    seconds = {stage: run(root / "shop", stage) for stage in STAGES}
    return outcome(root / "shop", root), seconds


@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupted_stage_run_again_ends_where_an_undisturbed_one_does(
    stage: str, undisturbed: tuple[dict[str, object], dict[str, float]], tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    shop, draw = tmp_path / "shop", random.Random(stage)
    names = list(STAGES)
    before = names[: names.index(stage)]
    if before:
        run(shop, *before)
    for number in range(INTERRUPTIONS):
        how = signal.SIGINT if number % 2 else signal.SIGKILL
        interrupt(shop, stage, draw.uniform(0, seconds[stage]), how)
    run(shop, *names)
    assert outcome(shop, tmp_path) == expected
    assert list(shop.rglob(".tmp-*")) == []
    _, alive = psutil.wait_procs(kernels(shop), timeout=30)
    assert alive == []

"""A disk that is full: one error that names it, the last publication still current, then it goes on."""

import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from recpipe.core.errors import DiskFullError
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.runner import run_stage
from tests.cells import QUICK, run_cells, run_corridor

CHANGED: dict[str, dict[str, Any]] = {
    "collect": {"sample": 0.9},
    "features": {"half_life_days": 10.0},
    "train": {"dimension": 256},
    "recommend": {"k": 50},
}
"""Parameters that give each stage something new to write."""

BYTES_LEFT = (0, 250_000)
"""Room for nothing; room to begin, but not for all."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path, left: int) -> Path:
    """Fill the disk until `left` bytes are free; return the file that does it."""
    ballast, state = disk / "ballast", os.statvfs(disk)
    ballast.write_bytes(bytes(state.f_bavail * state.f_frsize - left))
    return ballast


def write_events(path: Path) -> Path:
    draw = random.Random(1)
    lines = [
        f"user {draw.randrange(300)},item {draw.randrange(400)},{1_700_000_000 + 3_600 * hour}"
        for hour in range(6_000)
    ]
    path.write_text("\n".join(["user_id,item_id,timestamp", *lines]) + "\n")
    return path


def pointers(workspace: Workspace) -> dict[str, str]:
    found = {path: path.read_text() for path in workspace.root.glob("*/pointers/*.json")}
    return {f"{path.parent.parent.name}/{path.stem}": text for path, text in found.items()}


@pytest.mark.parametrize(
    "stage",
    [
        "collect",
        "features",
        pytest.param("train", marks=pytest.mark.slow),
        pytest.param("recommend", marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_stops_a_stage_with_one_error_and_once_freed_it_runs(
    stage: str, small_disk: Path, tmp_path: Path
) -> None:
    mpl.use("agg")
    workspace = Workspace.open(small_disk / "workspace")
    run_corridor(workspace, write_events(tmp_path / "e.csv"), until=stage)
    before = pointers(workspace)
    values = QUICK.get(stage, {}) | CHANGED[stage]
    params = getattr(PipelineParams.model_validate({stage: values}), stage)
    for left in BYTES_LEFT:
        ballast = fill(small_disk, left)
        with pytest.raises(DiskFullError, match=f"the disk is full .mounted at {small_disk}"):
            run_stage(stage, params, workspace, workspace.new_run())
        ballast.unlink()
        assert pointers(workspace) == before, f"with {left} bytes left"
    with workspace.lock():  # sweeps what was left unfinished
        run_cells(workspace, stage, **CHANGED[stage])
    assert stage == "collect" or pointers(workspace) != before
    assert list(workspace.root.rglob(".tmp-*")) == []

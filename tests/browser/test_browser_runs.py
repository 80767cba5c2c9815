"""Runs in Prefect's UI that do not simply end well: cancelled, failed and retried, two at once, killed."""

import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recpipe.core.workspace import Workspace
from recpipe.run.stages import STAGES
from tests.flows.test_flows_interrupt import WAIT, is_gone, wait_until
from tests.flows.test_flows_pipeline import COUNT
from tests.serving import CLI, RunningUp, clean_environment
from tests.standins import standins_of, workspace_with_standins, write_standin

pytestmark = pytest.mark.slow

FAIL_ONCE = """
from pathlib import Path
marker = stage.workspace.root / "failed-once"
if not marker.exists():
    marker.touch()
    raise RuntimeError("the till was closed")
"""


def start(up: RunningUp, workspace: Workspace, name: str = "pipeline") -> str:
    """Start a run of a served deployment on stand-in notebooks, in their own workspace."""
    places = {"workspace": str(workspace.root), "notebooks": str(standins_of(workspace))}
    return up.api.start(up.api.deployment(name), params={}, **places)


def kernel_at_work(workspace: Workspace) -> int:
    """Wait for a stand-in with WAIT to tell its kernel's process."""
    wait_until(lambda: any(path.read_text() for path in workspace.runs.glob("*/kernel")), 300)
    (marker,) = workspace.runs.glob("*/kernel")
    return int(marker.read_text())


def click(page: Page, button: str, confirmed_by: str) -> None:
    page.get_by_role("button", name=button, exact=True).first.click()
    page.locator(".p-modal").get_by_role("button", name=confirmed_by, exact=True).click()


def pointers(workspace: Workspace) -> dict[str, str]:
    """What readers of the workspace see."""
    shelves = (workspace.snapshots, workspace.models, workspace.publications)
    found = [path for shelf in shelves for path in shelf.root.iterdir() if path.is_file()]
    return {str(path): path.read_text() for path in found}


def test_a_cancelled_run_ends_its_kernel_and_leaves_the_lists_as_they_were(
    page: Page, up: RunningUp, tmp_path: Path
) -> None:
    workspace = workspace_with_standins(tmp_path, {"features": WAIT})
    before = pointers(workspace)
    run = start(up, workspace)
    kernel = kernel_at_work(workspace)
    page.goto(f"{up.ui}/runs/flow-run/{run}")
    click(page, "Cancel", "Confirm")
    up.api.wait_for(run, "Cancelled", seconds=120)
    wait_until(lambda: is_gone(kernel), 60)
    assert pointers(workspace) == before
    with workspace.lock():
        assert not list(workspace.root.rglob(".tmp-*"))


def test_a_failed_run_tells_its_error_and_a_retry_goes_on_at_the_failed_stage(
    page: Page, up: RunningUp, tmp_path: Path
) -> None:
    workspace = workspace_with_standins(tmp_path, {"collect": COUNT, "train": FAIL_ONCE})
    run = start(up, workspace)
    failed = up.api.wait_for(run, "Failed")
    assert "the till was closed" in failed["state"]["message"]
    page.goto(f"{up.ui}/runs/flow-run/{run}")
    click(page, "Retry", "Retry")
    up.api.wait_for(run, "Completed")
    expect(page.get_by_text("Completed").first).to_be_visible()
    (folder,) = workspace.runs.iterdir()
    assert (folder / "recommend" / STAGES["recommend"].notebook).with_suffix(".html").is_file()
    tasks = up.api.call("task_runs/filter", {"task_runs": {"flow_run_id": {"any_": [run]}}})
    assert {task["name"].partition("-")[0] for task in tasks} == set(STAGES)
    assert (folder / "attempts").read_text() == "x", "collect had finished"
    assert not (folder / "train" / "error.json").exists()
    assert workspace.publications.pointed("current")


def test_of_two_starts_at_once_the_second_waits(up: RunningUp, tmp_path: Path) -> None:
    workspace = workspace_with_standins(tmp_path)
    first, second = start(up, workspace, "collect"), start(up, workspace, "collect")
    ended = sorted(
        (up.api.wait_for(run, "Completed") for run in (first, second)), key=lambda run: run["end_time"]
    )
    assert ended[1]["start_time"] >= ended[0]["start_time"]
    assert len(list(workspace.runs.iterdir())) == 2


def test_a_killed_kernel_is_tried_again(up: RunningUp, tmp_path: Path) -> None:
    workspace = workspace_with_standins(tmp_path, {"collect": WAIT})
    run = start(up, workspace, "collect")
    kernel = kernel_at_work(workspace)
    write_standin(standins_of(workspace), "collect")
    os.kill(kernel, signal.SIGKILL)
    up.api.wait_for(run, "Completed")


def test_the_word_of_new_data_starts_a_run(up: RunningUp) -> None:
    import subprocess

    before = {run["id"] for run in up.api.runs()}
    subprocess.run(
        [*CLI, "notify", "--workspace", str(up.workspace.root)],
        env=clean_environment(),
        check=True,
        timeout=120,
    )
    wait_until(lambda: any(run["id"] not in before for run in up.api.runs()), 120)
    (run,) = [run for run in up.api.runs() if run["id"] not in before]
    assert run["created_by"]["type"] == "AUTOMATION"
    up.api.call(f"flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLED"}, "force": True})

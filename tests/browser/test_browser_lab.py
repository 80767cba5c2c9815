"""JupyterLab in a browser: a stage's notebook is opened, run whole, and its plot seen."""

import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from recpipe.core.workspace import Workspace
from recpipe.run.own_notebooks import eject
from tests.cells import run_cells
from tests.flows.test_flows_interrupt import wait_until
from tests.serving import CLI, clean_environment, free_port

TOKEN = "a-token-of-the-test"

pytestmark = pytest.mark.slow


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a snapshot to train on."""
    workspace = Workspace.open(tmp_path / "workspace")
    run_cells(workspace, "collect", source="simulated", simulated_events=1_500)
    run_cells(workspace, "features")
    return workspace


@pytest.fixture
def lab(workspace: Workspace, tmp_path: Path) -> Iterator[str]:
    """The address of a running `recpipe lab` on a notebook of one's own, whose training is a short one."""
    own = eject("train", tmp_path / "mine")
    own.write_text(own.read_text().replace('epochs = \\"auto\\"', "epochs = 1"))
    port = free_port()
    options = ("--workspace", str(workspace.root), "--notebooks.dir", str(own.parent), "--port", str(port))
    with (tmp_path / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            [*CLI, "lab", *options],
            env=clean_environment(JUPYTER_TOKEN=TOKEN, JUPYTERLAB_WORKSPACES_DIR=str(tmp_path)),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/api"), 120)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its kernels see that it is gone, and end
        process.wait(60)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def test_a_stage_is_run_in_jupyterlab_and_its_plot_is_seen(
    lab: str, page: Page, workspace: Workspace
) -> None:
    page.goto(f"{lab}/lab/tree/3_train.ipynb?token={TOKEN}")
    expect(page.get_by_role("heading", name="Train: a model that turns")).to_be_visible()
    expect(page.get_by_text("| Idle")).to_be_visible()
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    wait_until(lambda: any(workspace.runs.glob("*/train/result.json")), 300)
    plot = page.locator(".jp-OutputArea-output img").last
    plot.scroll_into_view_if_needed()
    expect(plot).to_be_visible()
    assert plot.evaluate("image => image.naturalWidth") > 300
    assert page.get_by_text("Jupyter news").count() == 0


def test_nobody_enters_without_the_token(lab: str, page: Page) -> None:
    page.context.clear_cookies()
    page.goto(f"{lab}/lab")
    expect(page.get_by_text("Token authentication is enabled")).to_be_visible()

"""Make the pictures of the README anew: `python docs/screenshots.py`.

It takes some minutes, and needs the extra `dev` and Chromium. In a workspace of its own, on a share of The
Complete Journey: the form of the deployment `pipeline`, a run's report, and a notebook in JupyterLab.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent
NOTEBOOKS = FOLDER.parent / "notebooks"
LARGEST_BYTES = 200_000
UP, REPORTS, LAB = 4290, 4291, 4292
"""Ports on 127.0.0.1."""

TOKEN = "screenshots"
WAIT_SECONDS = 1_800
RUN = (
    *("--source", "complete-journey", "--collect.sample", "0.1", "--train.epochs", "3"),
    *("--evaluate.peers_cpu_seconds", "20"),
)


def main() -> None:
    """Make all pictures."""
    with TemporaryDirectory() as made, sync_playwright() as playwright:
        workspace = Path(made) / "shop"
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.set_default_timeout(180_000)
        ports = ("--port", str(UP), "--reports_port", str(REPORTS))
        with running("up", "--workspace", str(workspace), *ports, *RUN):
            wait_until(lambda: ask("deployments/name/pipeline/pipeline"))
            show_form(page)
            show_report(page)
        notebooks = shutil.copytree(NOTEBOOKS, Path(made) / "notebooks")
        own = ("--notebooks.dir", str(notebooks), "--port", str(LAB))
        os.environ |= {"JUPYTER_TOKEN": TOKEN, "JUPYTERLAB_WORKSPACES_DIR": made}  # no tabs of before
        with running("lab", "--workspace", str(workspace), *own):
            show_notebook(page)
        browser.close()


def show_form(page: Page) -> None:
    """Picture the form, where training begins."""
    page.goto(f"http://127.0.0.1:{UP}/deployments/deployment/{deployment()['id']}/run")
    page.get_by_text("The model and how it learns.").scroll_into_view_if_needed()
    save(page, "form.png")


def show_report(page: Page) -> None:
    """Start a run as the form does, and picture its report."""
    started = deployment()
    run = ask(f"deployments/{started['id']}/create_flow_run", {"parameters": started["parameters"]})
    wait_until(lambda: ask(f"flow_runs/{run['id']}")["state_type"] in {"COMPLETED", "FAILED"})
    chosen = {"artifacts": {"flow_run_id": {"any_": [run["id"]]}, "key": {"any_": ["run-report"]}}}
    (report,) = ask("artifacts/filter", chosen)
    page.goto(f"http://127.0.0.1:{UP}/artifacts/artifact/{report['id']}")
    page.get_by_role("heading", name="Bench card").scroll_into_view_if_needed()
    page.mouse.move(640, 500)
    page.mouse.wheel(0, 700)
    save(page, "report.png")


def show_notebook(page: Page) -> None:
    """Run a notebook in JupyterLab and picture its plots."""
    wait_until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{LAB}/api", timeout=5))
    page.goto(f"http://127.0.0.1:{LAB}/lab/tree/0_explore.ipynb?token={TOKEN}")
    page.get_by_text("| Idle").wait_for()
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()
    page.locator(".jp-OutputArea-output img").first.scroll_into_view_if_needed()
    page.get_by_text("| Idle").wait_for()
    page.get_by_role("heading", name="When", exact=False).first.scroll_into_view_if_needed()
    save(page, "notebook.png")


def save(page: Page, name: str) -> None:
    """Take the picture once the page is at rest."""
    page.wait_for_timeout(2_000)
    page.screenshot(path=FOLDER / name)
    size = (FOLDER / name).stat().st_size
    if size > LARGEST_BYTES:
        sys.exit(f"{name} has {size:,} bytes, more than {LARGEST_BYTES:,}")


@contextmanager
def running(*arguments: str) -> Iterator[None]:
    """Run a command of recpipe meanwhile."""
    code = "import sys; from recpipe.cli import main; sys.exit(main())"
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], start_new_session=True)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT if arguments[0] == "up" else signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()


def deployment() -> dict[str, Any]:
    """Return the deployment of the pipeline."""
    return dict(ask("deployments/name/pipeline/pipeline"))


def ask(path: str, content: dict[str, Any] | None = None) -> Any:
    """Ask Prefect's API."""
    data = None if content is None else json.dumps(content).encode()
    address = f"http://127.0.0.1:{UP}/api/{path}"
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read())


def wait_until(condition: Any) -> None:
    """Wait until `condition` is true, and no error any more."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OSError:
            pass  # nobody answers yet
        time.sleep(1)
    sys.exit("that took too long")


if __name__ == "__main__":
    main()

"""A browser, and one `recpipe up` that all its tests look at."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from recpipe.core.workspace import Workspace
from tests.serving import RunningUp

SMALL = (
    *("--source", "simulated", "--collect.simulated_events", "1500"),
    *("--train.epochs", "1", "--train.dimension", "8", "--train.max_history", "10"),
    *("--recommend.k", "5", "--evaluate.peers_cpu_seconds", "0"),
)
"""A small shop, and a training that ends at once."""

PATIENCE_MS = 120_000
"""How long a page may take to show something on a busy machine."""


@pytest.fixture(scope="session")
def chromium() -> str:
    """The system's Chromium; nothing is downloaded, and without it these tests fail."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.fail("no Chromium here: apt-get install --no-install-recommends chromium")
    return found


@pytest.fixture(scope="module")
def page(chromium: str) -> Iterator[Page]:
    """A page of a browser that ends with its module.

    While Playwright runs there is an event loop in this process, in which Prefect's `state.result()` is a
    coroutine: tests of flows that come after would fail.
    """
    with sync_playwright() as playwright:
        # in a container there is often nobody but root, for whom Chromium has no sandbox
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1400, "height": 1000}, reduced_motion="reduce")
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        yield page
        browser.close()


@pytest.fixture(autouse=True)
def left_blank(page: Page) -> Iterator[None]:
    """Leave no page behind that draws, without a graphics card, on what other tests need."""
    yield
    page.goto("about:blank")


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningUp]:
    workspace = Workspace.open(tmp_path_factory.mktemp("up") / "workspace")
    up = RunningUp(workspace, *SMALL, "--quiet_minutes", "0").start()
    yield up
    up.end()

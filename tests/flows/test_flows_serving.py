"""One `recpipe up` a workspace, its schedule, what it watches, and who waits for whom.

Prefect is imported inside of tests: it reads its settings once, and those of a test's server come first.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.overlap import OverlapError, held
from flows.serving import api_of, only_one, tell
from flows.tied import end_leftovers
from recpipe.core.errors import BusyError, DataError, ParameterError, UnreachableError
from recpipe.core.workspace import Workspace
from tests.flows.test_flows_interrupt import wait_until

pytestmark = pytest.mark.usefixtures("prefect_defaults")

NIGHTLY = ("0 3 * * *", "Europe/Berlin")
NOTHING = ("", "Europe/Berlin")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return Workspace.open(tmp_path / "workspace")


def shown(cron: str, active: bool = True) -> dict[str, Any]:
    """A schedule as the UI has it."""
    return {"schedule": {"cron": cron, "timezone": "Europe/Berlin"}, "active": active}


def test_a_workspace_served_twice_is_refused_naming_the_process(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_one(workspace):
        monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
        tell(workspace, "http://127.0.0.1:4200")
        with pytest.raises(BusyError, match=f"served already by process {os.getpid()}, at http://127"):
            with only_one(workspace):
                pass
    with only_one(workspace):
        pass


def test_a_word_of_new_data_goes_to_who_serves_the_workspace(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_one(workspace):
        monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
        tell(workspace, "http://127.0.0.1:4200")
        monkeypatch.delenv("PREFECT_API_URL")
        assert api_of(workspace) == "http://127.0.0.1:4200/api"
    with pytest.raises(DataError, match="nobody serves this workspace"):
        api_of(workspace)


def test_what_a_killed_up_left_running_is_ended_and_nothing_else(
    workspace: Workspace, tmp_path: Path
) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    mine, others = (
        subprocess.Popen(sleep, env=os.environ | {"RECPIPE_REPORTS_ROOT": str(root)})
        for root in (workspace.root, tmp_path / "other")
    )
    try:
        wait_until(lambda: end_leftovers(workspace.root) == 1)
        assert mine.poll() is not None
        assert others.poll() is None
    finally:
        others.kill()
        others.wait()


@pytest.mark.parametrize(
    ("asked", "before", "in_ui", "told", "crons"),
    [
        (NOTHING, NOTHING, None, "none", []),
        (NIGHTLY, NOTHING, None, "'0 3 * * *' (Europe/Berlin)", ["0 3 * * *"]),
        (NIGHTLY, NIGHTLY, [shown("0 3 * * *")], "'0 3 * * *' (Europe/Berlin)", ["0 3 * * *"]),
        (NIGHTLY, NIGHTLY, [shown("0 5 * * *")], "as the UI has it: '0 5 * * *'", ["0 5 * * *"]),
        (
            NIGHTLY,
            NIGHTLY,
            [shown("0 3 * * *", active=False)],
            "as the UI has it: '0 3 * * *'",
            ["0 3 * * *"],
        ),
        (NIGHTLY, NIGHTLY, [], "as the UI has it: none", []),
        (NIGHTLY, NIGHTLY, None, "by itself", ["0 3 * * *"]),
        (NOTHING, NIGHTLY, [shown("0 5 * * *")], "by itself at '0 5 * * *'", ["0 5 * * *"]),
        (NIGHTLY, ("0 4 * * *", "UTC"), [shown("0 5 * * *")], "by itself at '0 3 * * *'", ["0 3 * * *"]),
        (("off", "UTC"), NIGHTLY, [shown("0 3 * * *")], "none", []),
    ],
    ids=[
        "nothing",
        "a new one",
        "unchanged",
        "changed in the UI",
        "paused in the UI",
        "deleted in the UI",
        "another server",
        "nothing said",
        "asked anew",
        "off",
    ],
)
def test_what_the_ui_shows_stays_unless_asked_otherwise(
    asked: tuple[str, str],
    before: tuple[str, str],
    in_ui: list[dict[str, Any]] | None,
    told: str,
    crons: list[str],
) -> None:
    from prefect.client.schemas.objects import DeploymentSchedule

    from flows.schedules import Asked, choose

    schedules = None if in_ui is None else [DeploymentSchedule.model_validate(one) for one in in_ui]
    chosen = choose(Asked(*asked), Asked(*before), schedules)
    assert told in chosen.told
    assert [one.schedule.cron for one in chosen.schedules] == crons
    if schedules and chosen.told.startswith("as the UI"):
        assert [one.active for one in chosen.schedules] == [one.active for one in schedules]


def test_a_file_is_told_of_once_it_is_whole_and_only_once(workspace: Workspace, tmp_path: Path) -> None:
    from flows.arrivals import STABLE_LOOKS, Watcher

    folder, told = tmp_path / "incoming", list[str]()
    folder.mkdir()
    (folder / "old.csv").write_text("known")

    def look(times: int) -> int:
        watcher = Watcher(workspace, folder, lambda _, where: told.append(where))
        for _ in range(times):
            watcher.look()
        return len(told)

    assert look(5) == 0, "the first look only remembers"
    (folder / ".part").write_text("unfinished")
    (folder / "new.csv").write_text("half")
    assert look(STABLE_LOOKS) == 0, "it may still grow"
    assert look(STABLE_LOOKS + 1) == 1
    assert look(5) == 1
    (folder / "new.csv").write_text("half, and the other")
    assert look(5) == 2
    (folder / "old.csv").unlink()
    assert look(5) == 2, "what has gone is no news"


def test_news_that_nobody_took_are_told_later(workspace: Workspace, tmp_path: Path) -> None:
    from flows.arrivals import STABLE_LOOKS, Watcher

    def refuse(_: Workspace, where: str) -> None:
        raise UnreachableError(f"{where}: nobody")

    told: list[str] = []
    folder = tmp_path / "incoming"
    folder.mkdir()
    watcher = Watcher(workspace, folder, refuse)
    watcher.look()
    (folder / "new.csv").write_text("x")
    for _ in range(STABLE_LOOKS):
        watcher.look()
    with pytest.raises(UnreachableError):
        watcher.look()
    watcher.tell = lambda _, where: told.append(where)
    watcher.look()
    assert told == [str(folder)]


def test_a_served_run_waits_for_the_one_at_work(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECPIPE_OVERLAP", "enqueue")
    monkeypatch.setattr("flows.overlap.LOOK_SECONDS", 0.05)
    at_work = threading.Event()
    second: list[bool] = []

    def wait() -> None:
        with held(workspace):
            second.append(at_work.is_set())

    with workspace.lock():
        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(0.3)
        assert second == []
        at_work.set()
    waiting.join(60)
    assert second == [True]


@pytest.mark.parametrize(("strategy", "kind"), [("cancel-new", OverlapError), ("", BusyError)])
def test_other_runs_do_not_wait(
    strategy: str, kind: type[BusyError], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECPIPE_OVERLAP", strategy)
    with workspace.lock(), pytest.raises(BusyError) as caught, held(workspace):
        pass
    assert type(caught.value) is kind


def test_a_server_s_deployments_of_another_workspace_are_not_taken_over(tmp_path: Path) -> None:
    from flows.deployments import _require_ours

    def of(workspace: Path) -> Any:
        return SimpleNamespace(parameters={"workspace": str(workspace)})

    mine, other = tmp_path / "mine", tmp_path / "other"
    other.mkdir()
    _require_ours(None, str(mine))
    _require_ours(of(mine), str(mine))
    _require_ours(of(tmp_path / "moved away"), str(mine))
    with pytest.raises(ParameterError, match=r"has the deployments of .*other already"):
        _require_ours(of(other), str(mine))

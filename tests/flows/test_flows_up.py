"""`recpipe up` for real: serving, a tick of the schedule, Ctrl-C, and what a new one makes of a kill.

One workspace, four starts, in the order of the tests.
"""

import json
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from recpipe.core.workspace import Workspace
from tests.flows.test_flows_interrupt import WAIT, is_gone, wait_until
from tests.serving import RunningUp
from tests.standins import standins_of, workspace_with_standins, write_standin

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace_with_standins(tmp_path_factory.mktemp("up"))


@pytest.fixture(scope="module")
def hook() -> Iterator[tuple[str, list[Any]]]:
    """An address, and what it was called with."""
    called: list[Any] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            called.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", called
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def calls(hook: tuple[str, list[Any]]) -> list[Any]:
    return hook[1]


@pytest.fixture(scope="module")
def up(workspace: Workspace, hook: tuple[str, list[Any]]) -> Iterator[RunningUp]:
    notebooks = ("--notebooks.dir", str(standins_of(workspace)))
    up = RunningUp(workspace, *notebooks, "--train.seed", "5", "--notify_url", hook[0])
    yield up
    up.end()


def kernel_at_work(workspace: Workspace) -> int:
    wait_until(lambda: any(path.read_text() for path in workspace.runs.glob("*/kernel")), 300)
    return int(next(iter(workspace.runs.glob("*/kernel"))).read_text())


def wait_together(up: RunningUp, workspace: Workspace) -> tuple[str, int]:
    """Start a run that stays at work in `collect`; it, and its kernel."""
    for marker in workspace.runs.glob("*/kernel"):
        marker.unlink()
    write_standin(standins_of(workspace), "collect", WAIT)
    return up.api.start(up.api.deployment()), kernel_at_work(workspace)


def test_up_serves_runs_and_schedules(up: RunningUp, workspace: Workspace) -> None:
    up.start("--cron", "* * * * *", TZ="Asia/Tokyo")
    assert "by itself at '* * * * *' (Asia/Tokyo)" in up.said()
    deployment = up.api.deployment()
    assert deployment["schedules"][0]["schedule"]["timezone"] == "Asia/Tokyo"
    parameters = deployment["parameters"]
    assert parameters["params"]["train"]["seed"] == 5, "options of `up` are the defaults of its runs"
    form = deployment["parameter_openapi_schema"]
    assert form["definitions"]["TrainParams"]["properties"]["epochs"]["description"]
    assert up.api.deployment("train")["parameters"]["params"]["seed"] == 5

    parameters["params"]["train"]["epochs"] = 3
    run = up.api.start(deployment, **parameters)
    up.api.wait_for(run, "Completed")
    executed = [path.read_text() for path in workspace.runs.glob("*/train/3_train.ipynb")]
    assert any("epochs = 3" in text for text in executed)
    told = up.api.call("logs/filter", {"logs": {"flow_run_id": {"any_": [run]}}})
    assert any("epoch 1 of 3" in line["message"] for line in told), "the UI shows the notebook's lines"
    assert "train" in up.api.artifacts(run)["run-report"]["data"]


def test_an_address_is_called_when_a_run_fails(up: RunningUp, workspace: Workspace, calls: list[Any]) -> None:
    refuse = "from recpipe.core.errors import DataError\nraise DataError('no \"rows\"', 'Collect some.')"
    write_standin(standins_of(workspace), "features", refuse)
    run = up.api.start(up.api.deployment("features"))
    up.api.wait_for(run, "Failed")
    wait_until(lambda: bool(calls), 120)
    write_standin(standins_of(workspace), "features")
    assert 'of features ended as Failed: no "rows"' in calls[0]["text"]


def test_a_tick_of_the_schedule_starts_a_run_by_itself(up: RunningUp) -> None:
    wait_until(lambda: any(run["auto_scheduled"] for run in up.api.runs("COMPLETED")), 300)


def test_a_schedule_changed_in_the_ui_survives_ctrl_c_and_a_new_start(up: RunningUp) -> None:
    deployment = up.api.deployment()
    (schedule,) = deployment["schedules"]
    yearly = {"schedule": {"cron": "0 5 1 1 *", "timezone": "Asia/Tokyo"}}
    path = f"deployments/{deployment['id']}/schedules/{schedule['id']}"
    up.api.call(path, yearly, "PATCH")
    assert up.end() == 130

    up.start("--cron", "* * * * *", "--overlap", "cancel-new", TZ="Asia/Tokyo")
    assert "as the UI has it: '0 5 1 1 *' (Asia/Tokyo)" in up.said()
    assert up.api.deployment()["schedules"][0]["schedule"]["cron"] == "0 5 1 1 *"


def test_a_run_of_another_deployment_is_cancelled_while_one_is_at_work_if_so_chosen(
    up: RunningUp, workspace: Workspace
) -> None:
    wait_until(lambda: is_idle(up), 300)
    first, _ = wait_together(up, workspace)
    same, other = up.api.start(up.api.deployment()), up.api.start(up.api.deployment("recommend"))
    up.api.wait_for(same, "Cancelled")
    cancelled = up.api.wait_for(other, "Cancelled")
    assert "another run is at work here" in cancelled["state"]["message"]
    assert up.api.run(first)["state_name"] == "Running"


def test_after_the_serving_process_was_killed_a_new_up_recovers(up: RunningUp, workspace: Workspace) -> None:
    (run,) = [each["id"] for each in up.api.runs("RUNNING")]
    kernel = kernel_at_work(workspace)
    os.kill(up.child("flows.deployments"), signal.SIGKILL)
    assert up.wait_for_end() == 1
    assert "no longer served" in up.said()
    wait_until(lambda: is_gone(kernel), 60)

    write_standin(standins_of(workspace), "collect")
    up.start()
    assert up.api.run(run)["state_name"] == "Crashed"
    assert "recovered    1 run marked as crashed" in up.said()
    assert up.api.deployment()["schedules"][0]["schedule"]["cron"] == "0 5 1 1 *"
    up.api.wait_for(up.api.start(up.api.deployment()), "Completed")


def test_after_the_server_or_up_itself_was_killed_nothing_is_left_and_a_new_up_works(up: RunningUp) -> None:
    os.kill(up.child("flows.tied"), signal.SIGKILL)
    assert up.wait_for_end() == 1
    assert "the Prefect server has ended" in up.said()

    up.start()
    children = [up.child("flows.tied"), up.child("flows.deployments")]
    assert up.process
    up.process.kill()
    up.process.wait()
    wait_until(lambda: all(is_gone(child) for child in children), 120)
    with up.workspace.lock():
        pass


def is_idle(up: RunningUp) -> bool:
    """Whether nothing runs, and nothing is due: of the ticks that nobody served the newest is made up for."""
    now = datetime.now(UTC)
    due = [
        run for run in up.api.runs("SCHEDULED") if datetime.fromisoformat(run["expected_start_time"]) <= now
    ]
    return not (due or up.api.runs("RUNNING") or up.api.runs("PENDING"))

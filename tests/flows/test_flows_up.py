"""`recpipe up` for real: a server, the served deployment, a run through the API, a tick of the schedule."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.flows.test_flows_interrupt import ROOT, is_gone, wait_until
from tests.standins import standins_of, workspace_with_standins


class Api:
    """The few calls of Prefect's REST API that a person's clicks make."""

    def __init__(self, root: str) -> None:
        self.root = root

    def call(self, path: str, content: dict[str, Any] | None = None) -> Any:
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.root}/{path}", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)

    def has_deployment(self) -> bool:
        try:
            return bool(self.deployment())
        except OSError:
            return False

    def deployment(self) -> dict[str, Any]:
        return dict(self.call("deployments/name/pipeline/pipeline"))

    def run(self, name: str) -> dict[str, Any]:
        return dict(self.call(f"flow_runs/{name}"))

    def runs(self, state: str) -> list[dict[str, Any]]:
        return list(self.call("flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": [state]}}}}))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
def test_up_serves_runs_and_schedules_and_ctrl_c_ends_it_all(tmp_path: Path) -> None:
    workspace = workspace_with_standins(tmp_path)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    code = "import sys; from recpipe.cli import main; sys.exit(main())"
    options = ["--workspace", str(workspace.root), "--port", str(port), "--cron", "* * * * *"]
    options += ["--notebooks.dir", str(standins_of(workspace))]
    with (tmp_path / "up.log").open("w") as log:
        up = subprocess.Popen(
            [sys.executable, "-c", code, "up", *options, "--train.seed", "5"],
            env=environment | {"PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    api = Api(f"http://127.0.0.1:{port}/api")
    try:
        wait_until(api.has_deployment, 180)
        deployment = api.deployment()
        assert deployment["schedules"][0]["schedule"]["timezone"] == "Asia/Tokyo"
        shown = "by itself at '* * * * *' (Asia/Tokyo)"
        wait_until(lambda: shown in (tmp_path / "up.log").read_text(), 60)
        parameters = deployment["parameters"]
        assert parameters["params"]["train"]["seed"] == 5, "options of `up` are the defaults of its runs"
        form = deployment["parameter_openapi_schema"]
        assert form["definitions"]["TrainParams"]["properties"]["epochs"]["description"]

        parameters["params"]["train"]["epochs"] = 3
        wanted = api.call(f"deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
        wait_until(lambda: any(run["id"] == wanted["id"] for run in api.runs("COMPLETED")), 240)
        executed = [path.read_text() for path in workspace.runs.glob("*/train/3_train.ipynb")]
        assert any("epochs = 3" in text for text in executed)

        wait_until(lambda: any(run["auto_scheduled"] for run in api.runs("COMPLETED")), 240)
        told = api.call("logs/filter", {"logs": {"flow_run_id": {"any_": [wanted["id"]]}}})
        assert any("epoch 1 of 3" in line["message"] for line in told), "the UI shows the notebook's lines"
        reports = api.call("artifacts/latest/filter", {"artifacts": {"key": {"any_": ["run-report"]}}})
        assert "| **train** |" in reports[0]["data"]
    finally:
        children = subprocess.run(["pgrep", "-P", str(up.pid)], capture_output=True, text=True).stdout.split()
        up.send_signal(signal.SIGINT)
        up.wait(90)
    assert up.returncode == 130
    assert len(children) == 2, "the server and the process that serves"
    wait_until(lambda: all(is_gone(int(child)) for child in children), 30)

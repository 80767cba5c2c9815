"""Retry, as Prefect's UI does it: the failed run goes on at the stage that failed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from recpipe.core.workspace import Workspace
from tests.flows.test_flows_interrupt import ROOT, wait_until
from tests.flows.test_flows_pipeline import COUNT, REFUSE
from tests.flows.test_flows_up import Api
from tests.standins import standins_of, workspace_with_standins, write_standin


@contextmanager
def served(workspace: Workspace, api: str) -> Iterator[None]:
    """Serve the deployment on a running Prefect server."""
    settings: dict[str, Any] = {"params": {}, "workspace": str(workspace.root)}
    server = subprocess.Popen(
        [sys.executable, "-m", "flows.deployments"],
        env=os.environ | {"PREFECT_API_URL": api, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert server.stdin
    server.stdin.write(json.dumps(settings | {"notebooks": str(standins_of(workspace))}))
    server.stdin.close()
    try:
        yield
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(60)


@pytest.mark.slow
def test_retry_goes_on_at_the_stage_that_failed(tmp_path: Path, prefect_api: str) -> None:
    workspace = workspace_with_standins(tmp_path, {"collect": COUNT, "train": REFUSE})
    api = Api(prefect_api)
    with served(workspace, prefect_api):
        wait_until(api.has_deployment, 120)
        run = api.call(f"deployments/{api.deployment()['id']}/create_flow_run", {})
        wait_until(lambda: api.run(run["id"])["state_type"] == "FAILED", 120)
        assert api.run(run["id"])["state"]["message"] == "no rows\nTo do: Collect some."

        write_standin(standins_of(workspace), "train", "pass")
        again = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "by hand"}
        answer = api.call(f"flow_runs/{run['id']}/set_state", {"state": again})
        assert answer["status"] == "ACCEPT"
        wait_until(lambda: api.run(run["id"])["state_type"] in {"COMPLETED", "CRASHED"}, 120)
    assert api.run(run["id"])["state_type"] == "COMPLETED"
    assert api.run(run["id"])["run_count"] == 2
    (folder,) = workspace.runs.iterdir()
    assert (folder / "attempts").read_text() == "x", "collect had finished"
    assert not (folder / "train" / "error.json").exists()
    assert json.loads((folder / "run.json").read_text())["status"] == "finished"
    assert workspace.publications.pointed("current")

"""`prefect.yaml`: deployments for a server, a work pool and workers of one's own."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from recpipe.core.workspace import Workspace
from tests.flows.test_flows_interrupt import ROOT
from tests.serving import Api
from tests.standins import standins_of, workspace_with_standins

pytestmark = pytest.mark.usefixtures("prefect_defaults")


def deployments() -> list[dict[str, Any]]:
    return list(yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"])


def test_every_flow_has_a_deployment_that_finds_it() -> None:
    from flows.deployments import FLOWS

    flows = []
    for deployment in deployments():
        module, _, name = deployment["entrypoint"].rpartition(".")
        flows.append(getattr(import_module(module), name))
    assert flows == list(FLOWS.values())
    assert all(deployment["concurrency_limit"]["limit"] == 1 for deployment in deployments())


@pytest.mark.slow
def test_prefect_deploy_all_works_and_a_worker_runs_a_stage(tmp_path: Path, prefect_api: str) -> None:
    workspace: Workspace = workspace_with_standins(tmp_path)

    def prefect(*arguments: str, folder: Path = ROOT) -> None:
        environment = os.environ | {"PREFECT_API_URL": prefect_api, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "prefect", *arguments]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr

    prefect("work-pool", "create", "recpipe", "--type", "process")
    prefect("--no-prompt", "deploy", "--all")
    api = Api(prefect_api)
    nightly = api.call("deployments/name/pipeline/nightly")
    assert nightly["schedules"][0]["schedule"]["cron"] == "0 3 * * *"
    collect = api.call("deployments/name/collect/by-hand")
    places = {"workspace": str(workspace.root), "notebooks": str(standins_of(workspace))}
    run = api.start(collect, **places)
    # a worker is started where there is nothing of the repository's
    prefect("worker", "start", "--pool", "recpipe", "--run-once", folder=tmp_path)
    assert api.wait_for(run, "Completed")["work_pool_name"] == "recpipe"
    (folder,) = workspace.runs.iterdir()
    assert (folder / "collect" / "1_collect.html").is_file()

"""What `recpipe up` serves, in a process of its own: `python -m flows.deployments`, settings on stdin.

One deployment for the pipeline and one for each stage; Prefect's form for each is made of its parameters.
"""

import asyncio
import json
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import (
    ConcurrencyLimitConfig,
    ConcurrencyLimitStrategy,
    DeploymentSchedule,
)
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound, TerminationSignal
from prefect.runner import Runner
from prefect.types.entrypoint import EntrypointType

from flows.arrivals import watch
from flows.automations import ensure_crash_detection, ensure_notification, on_arrival
from flows.pipeline import STAGE_FLOWS, recommendation_pipeline
from flows.recovery import mark_zombies, skip_missed
from flows.schedules import Asked, choose, kept
from flows.tied import end_with_starter
from recpipe.core.errors import ParameterError, RecpipeError
from recpipe.core.files import read_json, write_json
from recpipe.core.workspace import Workspace

DEPLOYMENT = "pipeline"
FLOWS: dict[str, Any] = {DEPLOYMENT: recommendation_pipeline, **STAGE_FLOWS}
"""What is served, by name: a deployment is called as its flow is."""

ASKED = ".up.json"
"""Remembers in the workspace which schedule `recpipe up` was asked for last."""

STRATEGIES = {
    "enqueue": ConcurrencyLimitStrategy.ENQUEUE,
    "cancel-new": ConcurrencyLimitStrategy.CANCEL_NEW,
}


def serve(
    params: dict[str, Any],
    workspace: str,
    notebooks: str,
    schedule: dict[str, str],
    overlap: str = "enqueue",
    quiet_minutes: float = 5.0,
    watched: str = "",
    notify_url: str = "",
    timeout_minutes: dict[str, float] | None = None,
    stages: list[dict[str, Any]] | None = None,
) -> None:
    """Serve the deployments until interrupted. Raises ParameterError if they are another workspace's.

    `params`, `workspace` and `notebooks` are what a run takes unless it says otherwise; `schedule` has
    `cron` and `timezone` (IANA) as asked for. New files in the folder `watched` start a run after
    `quiet_minutes`; `notify_url` is called when a run fails. `timeout_minutes` by stage, and `stages` of the
    user's own, are those of runs, too.
    """
    # it says every ten seconds that a queued run is still queued
    logging.getLogger("prefect.runner.state_proposer").setLevel(logging.WARNING)
    place, asked = Workspace(Path(workspace)), Asked(**schedule)
    # with the default, a dying process can pause the schedule that its replacement has just set
    runner: Any = Runner(pause_on_shutdown=False)
    with get_client(sync_client=True) as client:
        known = {name: _shown(client, name) for name in FLOWS}
        ids = [deployment.id for deployment in known.values() if deployment]
        shown = known[DEPLOYMENT]
        _require_ours(shown, workspace)
        lines = _recovered(mark_zombies(client, place, ids), skip_missed(client, ids))
        chosen = choose(asked, _asked_before(place), _schedules(shown))
        served: list[UUID] = [
            runner.add_deployment(
                flow.to_deployment(
                    name,
                    parameters={"workspace": workspace, "notebooks": notebooks}
                    | _own_of(name, params, timeout_minutes or {}, stages or []),
                    schedules=chosen.schedules if name == DEPLOYMENT else kept(_schedules(known[name])),
                    triggers=[on_arrival(place, quiet_minutes)] if name == DEPLOYMENT else None,
                    concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=STRATEGIES[overlap]),
                    # by name, not by file: it then works from any folder, installed or not
                    entrypoint_type=EntrypointType.MODULE_PATH,
                )
            )
            for name, flow in FLOWS.items()
        ]
        ensure_crash_detection(client, served)
        ensure_notification(client, served, notify_url)
    if asked.cron:
        write_json(place.root / ASKED, schedule)
    lines += [f"deployments  {', '.join(FLOWS)}", f"schedule     {chosen.told}"]
    sys.stdout.write("\n".join([*lines, "Ctrl-C ends it all.", ""]))
    sys.stdout.flush()
    if watched:
        watch(place, Path(watched))
    with suppress(KeyboardInterrupt, TerminationSignal):
        asyncio.run(runner.start())


def _require_ours(shown: DeploymentResponse | None, workspace: str) -> None:
    """Raise ParameterError if the deployments on this server are those of another workspace that is there."""
    other = str(shown.parameters.get("workspace", "")) if shown else ""
    if other not in {"", workspace} and Path(other).is_dir():
        raise ParameterError(
            f"{workspace}: this Prefect server has the deployments of {other} already",
            "Unset PREFECT_API_URL to have a server for this workspace alone, or delete those in its UI.",
        )


def _own_of(
    name: str, params: dict[str, Any], timeout_minutes: dict[str, float], stages: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the parameters of a deployment that are not the same for all."""
    if name == DEPLOYMENT:
        return {"params": params, "timeout_minutes": timeout_minutes, "stages": stages}
    minutes = {"timeout_minutes": timeout_minutes[name]} if name in timeout_minutes else {}
    return {"params": params[name]} | minutes


def _shown(client: SyncPrefectClient, name: str) -> DeploymentResponse | None:
    try:
        return client.read_deployment_by_name(f"{name}/{name}")
    except ObjectNotFound:
        return None


def _schedules(shown: DeploymentResponse | None) -> list[DeploymentSchedule] | None:
    return shown.schedules if shown else None


def _asked_before(workspace: Workspace) -> Asked:
    path = workspace.root / ASKED
    return Asked(**read_json(path)) if path.is_file() else Asked("", "")


def _recovered(zombies: int, missed: int) -> list[str]:
    lines = [f"recovered    {zombies} run{'s' * (zombies > 1)} marked as crashed"] * bool(zombies)
    return lines + [f"missed       {missed} earlier start{'s' * (missed > 1)} not made up for"] * bool(missed)


if __name__ == "__main__":
    settings = json.loads(sys.stdin.buffer.readline())
    end_with_starter()
    try:
        serve(**settings)
    except RecpipeError as error:
        sys.stderr.write(f"recpipe: {error}\n")
        sys.exit(error.exit_code)

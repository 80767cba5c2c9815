"""After a kill: runs that claim to be at work although nobody works on them, and starts that were missed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Cancelled, Crashed

from recpipe.core.files import is_running, read_json
from recpipe.core.workspace import Workspace
from recpipe.run.record import RUN, find_run

AT_WORK = (StateType.RUNNING, StateType.PENDING, StateType.CANCELLING)


def mark_zombies(client: SyncPrefectClient, workspace: Workspace, deployments: Sequence[UUID]) -> int:
    """Mark runs of `deployments` as crashed that are at work in nobody's process; return how many.

    Called before anything is served: whoever served before is gone.
    """
    zombies = [run for run in _runs(client, deployments, AT_WORK) if not _has_process(workspace, str(run.id))]
    for run in zombies:
        state: State[Any] = Crashed(message="Its process is gone: it was killed, or the machine went down.")
        client.set_flow_run_state(run.id, state, force=True)
    return len(zombies)


def skip_missed(client: SyncPrefectClient, deployments: Sequence[UUID]) -> int:
    """Cancel the starts that were missed while nobody served, but for the newest; return how many."""
    now = datetime.now(UTC)
    late = [
        run
        for run in _runs(client, deployments, (StateType.SCHEDULED,))
        if run.auto_scheduled and run.expected_start_time and run.expected_start_time < now
    ]
    late.sort(key=lambda run: run.expected_start_time or now)
    for run in late[:-1]:
        client.set_flow_run_state(
            run.id, Cancelled(message="Missed while nobody served; a later one makes up for it."), force=True
        )
    return max(len(late) - 1, 0)


def _has_process(workspace: Workspace, flow_run: str) -> bool:
    folder = find_run(workspace, flow_run)
    return folder is not None and is_running(read_json(folder / RUN)["process"])


def _runs(
    client: SyncPrefectClient, deployments: Sequence[UUID], states: Sequence[StateType]
) -> list[FlowRun]:
    if not deployments:
        return []
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states)))
        ),
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(deployments))),
    )

"""Prefect's automations that `recpipe up` needs: each is made once, and brought up to date by name."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events import AutomationCore, DeploymentEventTrigger, EventTrigger
from prefect.events.actions import CallWebhook, ChangeFlowRunState
from prefect.events.schemas.automations import Posture

from recpipe.core.workspace import Workspace

ARRIVED = "recpipe.data.arrived"
"""The event that says: there is news to be collected."""

SILENCE = timedelta(seconds=90)
"""Three heartbeats: a run that is silent for so long has no process any more."""

RUN = {"prefect.resource.id": ["prefect.flow-run.*"]}
ENDS = ("Completed", "Failed", "Cancelled", "Crashed")
WEBHOOK = "recpipe-failed-runs"
TEXT = (
    '{"text": {{ ("recpipe: run " ~ flow_run.name ~ " of " ~ flow.name ~ " ended as " ~ flow_run.state.name'
    ' ~ ": " ~ flow_run.state.message) | tojson }}}'
)
"""What is sent: JSON with the one field that chat services read."""


def workspace_resource(workspace: Workspace) -> str:
    """Return what Prefect's events call a workspace."""
    return f"recpipe.workspace.{workspace.root}"


def on_arrival(workspace: Workspace, quiet_minutes: float) -> DeploymentEventTrigger:
    """Start the deployment `quiet_minutes` after the first word of new data, and not again before.

    So news that come in several files, or while a run is about to start, make one run that reads all.
    """
    quiet = timedelta(minutes=quiet_minutes)
    return DeploymentEventTrigger(
        name=f"recpipe: new data start a run of {workspace.root.name}",
        expect={ARRIVED},
        match={"prefect.resource.id": workspace_resource(workspace)},
        posture=Posture.Reactive,
        threshold=1,
        within=quiet,
        schedule_after=quiet,
    )


def ensure_crash_detection(client: SyncPrefectClient, deployments: Sequence[UUID]) -> None:
    """Have runs of `deployments` marked as crashed whose heartbeats stop."""
    heartbeat = "prefect.flow-run.heartbeat"
    _ensure(
        client,
        AutomationCore(
            name="recpipe: a run without heartbeats has crashed",
            trigger=EventTrigger(
                after={heartbeat},
                expect={heartbeat, *(f"prefect.flow-run.{end}" for end in ENDS)},
                match=RUN,
                match_related=_of(deployments),
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                threshold=1,
                within=SILENCE,
            ),
            actions=[ChangeFlowRunState(state=StateType.CRASHED, message="Its process no longer answers.")],
        ),
    )


def ensure_notification(client: SyncPrefectClient, deployments: Sequence[UUID], url: str) -> None:
    """Have `url` called when a run of `deployments` fails or crashes; an empty `url` leaves what is there."""
    if not url:
        return
    block = Webhook(url=url, method="POST", headers={"Content-Type": "application/json"})
    block_id = block.save(WEBHOOK, overwrite=True)
    _ensure(
        client,
        AutomationCore(
            name="recpipe: failed runs are told",
            trigger=EventTrigger(
                expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
                match=RUN,
                match_related=_of(deployments),
                for_each={"prefect.resource.id"},
                posture=Posture.Reactive,
                threshold=1,
            ),
            actions=[CallWebhook(block_document_id=block_id, payload=TEXT)],
        ),
    )


def _of(deployments: Sequence[UUID]) -> dict[str, str | list[str]]:
    return {
        "prefect.resource.role": "deployment",
        "prefect.resource.id": [f"prefect.deployment.{each}" for each in deployments],
    }


def _ensure(client: SyncPrefectClient, automation: AutomationCore) -> None:
    found = client.read_automations_by_name(automation.name)
    if found:
        client.update_automation(found[0].id, automation)
    else:
        client.create_automation(automation)

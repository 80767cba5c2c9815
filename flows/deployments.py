"""What `recpipe up` serves."""

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.types.entrypoint import EntrypointType

from flows.pipeline import recommendation_pipeline
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams

DEPLOYMENT = "pipeline"


def serve_pipeline(params: PipelineParams, workspace: Workspace, cron: str = "") -> None:
    """Serve the deployment `pipeline` until interrupted; runs queue up rather than overlap.

    `params` and `workspace` are what a run takes unless it says otherwise.
    """
    recommendation_pipeline.serve(
        name=DEPLOYMENT,
        cron=cron or None,
        parameters={"params": params.model_dump(mode="json"), "workspace": str(workspace.root)},
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        # with the default, a dying process can pause the schedule that its replacement has just set
        pause_on_shutdown=False,
        # by name, not by file: it then works from any folder, installed or not
        entrypoint_type=EntrypointType.MODULE_PATH,
        print_starting_message=False,
    )

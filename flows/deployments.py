"""What `recpipe up` serves, in a process of its own: `python -m flows.deployments`, settings on stdin."""

import json
import logging
import sys
from typing import Any

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.pipeline import recommendation_pipeline

DEPLOYMENT = "pipeline"


def serve_pipeline(
    params: dict[str, Any], workspace: str, cron: str = "", timezone: str = "UTC", notebooks: str = ""
) -> None:
    """Serve the deployment `pipeline` until interrupted; runs queue up rather than overlap.

    `params`, `workspace` and `notebooks` are what a run takes unless it says otherwise; `timezone` (IANA)
    is where the clock of `cron` hangs.
    """
    # it says every ten seconds that a queued run is still queued
    logging.getLogger("prefect.runner.state_proposer").setLevel(logging.WARNING)
    recommendation_pipeline.serve(
        name=DEPLOYMENT,
        schedule=Cron(cron, timezone=timezone) if cron else None,
        parameters={"params": params, "workspace": workspace, "notebooks": notebooks},
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        # with the default, a dying process can pause the schedule that its replacement has just set
        pause_on_shutdown=False,
        # by name, not by file: it then works from any folder, installed or not
        entrypoint_type=EntrypointType.MODULE_PATH,
        print_starting_message=False,
    )


if __name__ == "__main__":
    serve_pipeline(**json.load(sys.stdin))

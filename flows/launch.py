"""Starting a flow in this process: what `recpipe run` calls."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.settings import QUIET, prefect_settings, set_defaults
from recpipe.core.files import read_json
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.record import RUN, find_run
from recpipe.run.results import StageResult
from recpipe.run.stages import STAGES

logger = logging.getLogger("recpipe.run")


@dataclass(frozen=True)
class Outcome:
    """What came of a run: the stages' results, or the error as run.json has it."""

    results: list[StageResult] = field(default_factory=list)
    error: dict[str, Any] = field(default_factory=dict)


def run_here(
    stages: Sequence[str], params: PipelineParams, workspace: Workspace, notebooks: str = ""
) -> Outcome:
    """Run the flow of `stages` (all, or one) in this process.

    `notebooks` is the folder of the notebooks (empty: the shipped ones). With PREFECT_API_URL it
    reports there, else Prefect's ephemeral server serves.
    """
    set_defaults(prefect_settings(workspace) | QUIET)
    where = os.environ.get("PREFECT_API_URL")
    logger.info("Prefect: %s", f"reporting to {where}" if where else "starting its server for this run")
    from flows.pipeline import STAGE_FLOWS, recommendation_pipeline

    # Any: the overloads of a flow's call do not tell that return_state=True gives a State
    if tuple(stages) == tuple(STAGES):
        flow: Any = recommendation_pipeline
        state = flow(params, str(workspace.root), notebooks, return_state=True)
    else:
        (stage,) = stages
        flow = STAGE_FLOWS[stage]
        state = flow(getattr(params, stage), str(workspace.root), notebooks, return_state=True)
    if state.is_completed():
        return Outcome(results=state.result())
    folder = find_run(workspace, str(state.state_details.flow_run_id))
    recorded = read_json(folder / RUN).get("error") if folder else None
    return Outcome(error=recorded or {"message": state.message or f"the run ended as {state.name}"})

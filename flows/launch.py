"""Starting a flow in this process: what `recpipe run` calls."""

import logging
import os
from dataclasses import dataclass, field
from typing import Any

from flows.settings import QUIET, prefect_settings, set_defaults
from recpipe.core.files import read_json
from recpipe.core.workspace import Workspace
from recpipe.run.plan import Plan
from recpipe.run.record import RUN, find_run
from recpipe.run.results import StageResult

logger = logging.getLogger("recpipe.run")


@dataclass(frozen=True)
class Outcome:
    """What came of a run: the stages' results, or the error as run.json has it."""

    results: list[StageResult] = field(default_factory=list)
    error: dict[str, Any] = field(default_factory=dict)


def run_here(plan: Plan, workspace: Workspace) -> Outcome:
    """Run the flow of the plan's stages (all, or one) in this process.

    With PREFECT_API_URL it reports there, else Prefect's ephemeral server serves.
    """
    set_defaults(prefect_settings(workspace) | QUIET)
    where = os.environ.get("PREFECT_API_URL")
    logger.info("Prefect: %s", f"reporting to {where}" if where else "starting its server for this run")
    state = _state_of(plan, str(workspace.root))
    if state.is_completed():
        return Outcome(results=state.result())
    folder = find_run(workspace, str(state.state_details.flow_run_id))
    recorded = read_json(folder / RUN).get("error") if folder else None
    return Outcome(error=recorded or {"message": state.message or f"the run ended as {state.name}"})


def _state_of(plan: Plan, workspace: str) -> Any:
    from flows.pipeline import STAGE_FLOWS, own_stage, recommendation_pipeline

    # Any: the overloads of a flow's call do not tell that return_state=True gives a State
    flow: Any
    if len(plan.stages) > 1:
        flow = recommendation_pipeline
        chosen = plan.notebooks, dict(plan.timeout_minutes), list(plan.own)
        return flow(plan.params, workspace, *chosen, return_state=True)
    (stage,) = plan.stages
    own = plan.own_stage(stage)
    if own:
        return own_stage(own, workspace, plan.minutes_of(stage), return_state=True)
    flow = STAGE_FLOWS[stage]
    params = getattr(plan.params, stage)
    return flow(params, workspace, plan.notebooks, plan.minutes_of(stage), return_state=True)

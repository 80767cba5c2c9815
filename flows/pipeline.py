"""The flows: the whole pipeline, and one a stage. Each stage is one task; ids are handed on."""

from pathlib import Path
from typing import Annotated, Any

from prefect import flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run
from prefect.states import Cancelled, Failed
from prefect.tasks import Task, exponential_backoff
from pydantic import BaseModel, Field

from flows.logs import log_to, mask_logs
from flows.overlap import OverlapError, held
from flows.progress import shown_progress
from flows.report import reported
from recpipe.core.disk import disk_errors_named
from recpipe.core.errors import BusyError, RecpipeError, UnreachableError
from recpipe.core.secrets import mask_for, masked_errors
from recpipe.core.workspace import Workspace
from recpipe.params import (
    CollectParams,
    EvaluateParams,
    FeaturesParams,
    PipelineParams,
    RankParams,
    RecommendParams,
    TrainParams,
)
from recpipe.run.notebooks import TIMEOUT_MINUTES
from recpipe.run.own_stages import OwnStage, in_order, own_row
from recpipe.run.plan import Plan
from recpipe.run.record import Run, recorded_run
from recpipe.run.results import KernelError, StageResult
from recpipe.run.runner import run_own_stage, run_stage
from recpipe.run.stages import STAGES

Minutes = Annotated[float, Field(gt=0)]


def is_transient(error: object) -> bool:
    """Tell whether trying again can help: a lock, a dead kernel, a broken line; never bad data."""
    return isinstance(error, BusyError | UnreachableError | KernelError)


def worth_a_retry(_task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:
    """Decide for Prefect whether a failed stage is tried again.

    A lock was already waited for: once more, not twice.
    """
    error = state.result(raise_on_failure=False)
    return is_transient(error) and not (isinstance(error, BusyError) and run.run_count > 1)


@task(
    retries=2,
    retry_delay_seconds=exponential_backoff(backoff_factor=5),
    retry_jitter_factor=0.5,
    retry_condition_fn=worth_a_retry,
    persist_result=True,
)
def stage_task(
    stage: str,
    params: BaseModel,
    workspace: str,
    run_folder: str,
    upstream: dict[str, str],
    notebooks: str,
    timeout_minutes: float,
    rewritten: list[str],
) -> StageResult:
    """Run one stage's notebook in a kernel of its own, or reuse a finished one.

    `params` of a stage of the user's own is that stage.
    """
    place, folder, rest = Workspace.open(workspace), Path(run_folder), (timeout_minutes, rewritten)
    with shown_progress(stage):
        if isinstance(params, OwnStage):
            return run_own_stage(params, place, folder, upstream, *rest)
        return run_stage(stage, params, place, folder, upstream, notebooks, *rest)


TASKS: dict[str, Task[..., StageResult]] = {name: stage_task.with_options(name=name) for name in STAGES}


@flow(name="pipeline", persist_result=True)
def recommendation_pipeline(
    params: PipelineParams = PipelineParams(),
    workspace: str = "",
    notebooks: str = "",
    timeout_minutes: dict[str, Minutes] = {},
    stages: list[OwnStage] = [],
) -> Any:
    """Collect events, make features, train, rank, evaluate, and publish a list for every user.

    Args:
        params: What to do, grouped by stage.
        workspace: The folder that holds everything; empty means RECPIPE_WORKSPACE or ./workspace.
        notebooks: A folder of notebooks of yours, run in the place of the shipped ones.
        timeout_minutes: Stage -> minutes after which it is ended; a week if it is not named.
        stages: Stages of your own, run between the others.
    """
    try:
        order = in_order(tuple(STAGES), stages)
    except RecpipeError as error:
        return Failed(message=str(error), data=error)
    return run_stages(Plan(order, params, notebooks, timeout_minutes, stages), workspace)


@flow(name="collect", persist_result=True)
def collect_stage(
    params: CollectParams = CollectParams(),
    workspace: str = "",
    notebooks: str = "",
    timeout_minutes: Minutes = TIMEOUT_MINUTES,
) -> Any:
    """Read the source, check it and merge it into the events."""
    return run_one("collect", params, workspace, notebooks, timeout_minutes)


@flow(name="features", persist_result=True)
def features_stage(
    params: FeaturesParams = FeaturesParams(),
    workspace: str = "",
    notebooks: str = "",
    timeout_minutes: Minutes = TIMEOUT_MINUTES,
) -> Any:
    """Make a snapshot of the events as they are now."""
    return run_one("features", params, workspace, notebooks, timeout_minutes)


@flow(name="train", persist_result=True)
def train_stage(
    params: TrainParams = TrainParams(),
    workspace: str = "",
    notebooks: str = "",
    timeout_minutes: Minutes = TIMEOUT_MINUTES,
) -> Any:
    """Train a model on the newest snapshot."""
    return run_one("train", params, workspace, notebooks, timeout_minutes)


@flow(name="rank", persist_result=True)
def rank_stage(
    params: RankParams = RankParams(),
    workspace: str = "",
    notebooks: str = "",
    timeout_minutes: Minutes = TIMEOUT_MINUTES,
) -> Any:
    """Give the newest model a second stage, where validation says that it is better."""
    return run_one("rank", params, workspace, notebooks, timeout_minutes)


@flow(name="evaluate", persist_result=True)
def evaluate_stage(
    params: EvaluateParams = EvaluateParams(),
    workspace: str = "",
    notebooks: str = "",
    timeout_minutes: Minutes = TIMEOUT_MINUTES,
) -> Any:
    """Measure the newest model and promote it if it is better."""
    return run_one("evaluate", params, workspace, notebooks, timeout_minutes)


@flow(name="recommend", persist_result=True)
def recommend_stage(
    params: RecommendParams = RecommendParams(),
    workspace: str = "",
    notebooks: str = "",
    timeout_minutes: Minutes = TIMEOUT_MINUTES,
) -> Any:
    """Publish a list for every user from the champion."""
    return run_one("recommend", params, workspace, notebooks, timeout_minutes)


STAGE_FLOWS = {
    "collect": collect_stage,
    "features": features_stage,
    "train": train_stage,
    "rank": rank_stage,
    "evaluate": evaluate_stage,
    "recommend": recommend_stage,
}


@flow(name="own-stage", persist_result=True)
def own_stage(stage: OwnStage, workspace: str = "", timeout_minutes: Minutes = TIMEOUT_MINUTES) -> Any:
    """Run a stage of your own on what the stages before it left."""
    minutes = {stage.name: timeout_minutes}
    return run_stages(Plan((stage.name,), timeout_minutes=minutes, own=(stage,)), workspace)


def run_one(stage: str, params: BaseModel, workspace: str, notebooks: str, minutes: float) -> Any:
    """Run one of the stages alone, on what the stages before it left."""
    every = PipelineParams().model_copy(update={stage: params})
    return run_stages(Plan((stage,), every, notebooks, {stage: minutes}), workspace)


def run_stages(plan: Plan, workspace: str) -> Any:
    """Run the plan's stages one after the other, holding the workspace.

    Returns their results, or a Failed state whose message says what went wrong and what to do; a
    Cancelled one where another run is at work and this one was not to wait. No secret of the
    environment stands in what it leaves.
    """
    mask = mask_for([plan.params.model_dump(mode="json"), *(own.parameters for own in plan.own)])
    mask_logs(mask)
    try:
        place = Workspace.open(workspace)
        with (
            disk_errors_named(place.root),
            held(place),
            recorded_run(place, str(flow_run.get_id() or "")) as run,
            log_to(run.folder / "prefect.log"),
        ):
            with reported(run, place) as results, masked_errors(mask):
                plan = plan.checked(place)
                run.keep_params(plan.params, plan.stages, plan.notebooks, plan.own)
                _run_in_order(plan, place, run, results)
            return results
    except OverlapError as error:
        return Cancelled(message=str(error))
    except RecpipeError as error:
        return Failed(message=str(error), data=error)


def _run_in_order(plan: Plan, workspace: Workspace, run: Run, results: list[StageResult]) -> None:
    rows = STAGES | {stage.name: own_row(stage) for stage in plan.own if stage.name in plan.stages}
    places = str(workspace.root), str(run.folder)
    for at, stage in enumerate(plan.stages):
        run.stage = stage
        known = {name: value for result in results for name, value in result.ids.items()}
        upstream = {name: known[name] for name in rows[stage].reads if name in known}
        later = sorted({name for after in plan.stages[at + 1 :] for name in rows[after].writes})
        own = plan.own_stage(stage)
        task: Any = stage_task.with_options(name=stage) if own else TASKS[stage]
        given = own or getattr(plan.params, stage)
        minutes = plan.minutes_of(stage)
        state = task(stage, given, *places, upstream, plan.notebooks, minutes, later, return_state=True)
        results.append(state.result())

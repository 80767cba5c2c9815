"""The flows: the whole pipeline, and one a stage. Each stage is one task; ids are handed on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State, TaskRun
from prefect.runtime import flow_run
from prefect.states import Cancelled, Failed
from prefect.tasks import Task, exponential_backoff
from pydantic import BaseModel

from flows.logs import log_to, mask_logs
from flows.overlap import OverlapError, held
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
    RecommendParams,
    TrainParams,
)
from recpipe.run.preflight import preflight
from recpipe.run.record import Run, recorded_run
from recpipe.run.results import KernelError, StageResult
from recpipe.run.runner import run_stage
from recpipe.run.stages import STAGES


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
    notebooks: str = "",
) -> StageResult:
    """Run one stage's notebook in a kernel of its own, or reuse a finished one."""
    return run_stage(stage, params, Workspace.open(workspace), Path(run_folder), upstream, notebooks)


TASKS: dict[str, Task[..., StageResult]] = {name: stage_task.with_options(name=name) for name in STAGES}


@flow(name="pipeline", persist_result=True)
def recommendation_pipeline(
    params: PipelineParams = PipelineParams(), workspace: str = "", notebooks: str = ""
) -> Any:
    """Collect events, make features, train, evaluate, and publish a list for every user.

    Args:
        params: What to do, grouped by stage.
        workspace: The folder that holds everything; empty means RECPIPE_WORKSPACE or ./workspace.
        notebooks: A folder of notebooks of yours, run in the place of the shipped ones.
    """
    return run_stages(tuple(STAGES), params, workspace, notebooks)


@flow(name="collect", persist_result=True)
def collect_stage(params: CollectParams = CollectParams(), workspace: str = "", notebooks: str = "") -> Any:
    """Read the source, check it and merge it into the events."""
    return run_stages(("collect",), PipelineParams(collect=params), workspace, notebooks)


@flow(name="features", persist_result=True)
def features_stage(
    params: FeaturesParams = FeaturesParams(), workspace: str = "", notebooks: str = ""
) -> Any:
    """Make a snapshot of the events as they are now."""
    return run_stages(("features",), PipelineParams(features=params), workspace, notebooks)


@flow(name="train", persist_result=True)
def train_stage(params: TrainParams = TrainParams(), workspace: str = "", notebooks: str = "") -> Any:
    """Train a model on the newest snapshot."""
    return run_stages(("train",), PipelineParams(train=params), workspace, notebooks)


@flow(name="evaluate", persist_result=True)
def evaluate_stage(
    params: EvaluateParams = EvaluateParams(), workspace: str = "", notebooks: str = ""
) -> Any:
    """Measure the newest model and promote it if it is better."""
    return run_stages(("evaluate",), PipelineParams(evaluate=params), workspace, notebooks)


@flow(name="recommend", persist_result=True)
def recommend_stage(
    params: RecommendParams = RecommendParams(), workspace: str = "", notebooks: str = ""
) -> Any:
    """Publish a list for every user from the champion."""
    return run_stages(("recommend",), PipelineParams(recommend=params), workspace, notebooks)


STAGE_FLOWS = {
    "collect": collect_stage,
    "features": features_stage,
    "train": train_stage,
    "evaluate": evaluate_stage,
    "recommend": recommend_stage,
}


def run_stages(stages: Sequence[str], params: PipelineParams, workspace: str, notebooks: str = "") -> Any:
    """Run `stages` one after the other, holding the workspace.

    Returns their results, or a Failed state whose message says what went wrong and what to do; a
    Cancelled one where another run is at work and this one was not to wait. No secret of the
    environment stands in what it leaves.
    """
    mask = mask_for(params.model_dump(mode="json"))
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
                params = preflight(params, place, stages, notebooks)
                run.keep_params(params, stages, notebooks)
                _run_in_order(stages, params, place, run, notebooks, results)
            return results
    except OverlapError as error:
        return Cancelled(message=str(error))
    except RecpipeError as error:
        return Failed(message=str(error), data=error)


def _run_in_order(
    stages: Sequence[str],
    params: PipelineParams,
    workspace: Workspace,
    run: Run,
    notebooks: str,
    results: list[StageResult],
) -> None:
    places = str(workspace.root), str(run.folder)
    for stage in stages:
        run.stage = stage
        upstream = _handed_on(stage, results)
        task: Any = TASKS[stage]
        state = task(stage, getattr(params, stage), *places, upstream, notebooks, return_state=True)
        results.append(state.result())


def _handed_on(stage: str, results: Sequence[StageResult]) -> dict[str, str]:
    known = {name: value for result in results for name, value in result.ids.items()}
    return {name: known[name] for name in STAGES[stage].reads if name in known}

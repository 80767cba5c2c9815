"""Running one stage: reuse it, or execute its notebook and read what it left."""

import logging
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from recpipe.core.disk import disk_errors_named
from recpipe.core.errors import StageError
from recpipe.core.refits import served
from recpipe.core.secrets import mask_for, masked_errors
from recpipe.core.starts import champion_before
from recpipe.core.workspace import Workspace
from recpipe.params import RecommendParams, TrainParams
from recpipe.run.contract import check_contract
from recpipe.run.notebooks import TIMEOUT_MINUTES, execute
from recpipe.run.own_stages import OwnParams, OwnStage, own_row
from recpipe.run.results import StageResult, read_result, write_result
from recpipe.run.resume import find_finished, point_at, stage_key
from recpipe.run.source import with_remembered_source
from recpipe.run.stages import COMMON, STAGES, StageRow, notebook_of, resolve_id

logger = logging.getLogger("recpipe.run")


def run_stage(
    stage: str,
    params: BaseModel,
    workspace: Workspace,
    run_folder: Path,
    upstream: Mapping[str, str] | None = None,
    notebooks: str = "",
    timeout_minutes: float = TIMEOUT_MINUTES,
    rewritten: Collection[str] = (),
) -> StageResult:
    """Run `stage` with its wing's `params`, or reuse a finished one with equal inputs.

    `upstream` has the ids it reads (missing or empty: the newest); `notebooks` is the folder of the
    notebooks (empty: the shipped ones). It is ended after `timeout_minutes`. `rewritten` are ids that a
    stage of the user's own decides after this one. Raises RecpipeError; the stage's folder in the run then
    has error.json.
    """
    with disk_errors_named(run_folder), masked_errors(mask_for(params.model_dump(mode="json"))):
        row, notebook = STAGES[stage], notebook_of(stage, notebooks)
        if stage == "collect":
            params = with_remembered_source(params, workspace)
        check_contract(notebook, row, parameter_names(stage, params))
        work = Work(row, params, workspace, run_folder, notebook, timeout_minutes, frozenset(rewritten))
        return _reuse_or_execute(work, upstream or {})


def run_own_stage(
    stage: OwnStage,
    workspace: Workspace,
    run_folder: Path,
    upstream: Mapping[str, str] | None = None,
    timeout_minutes: float = TIMEOUT_MINUTES,
    rewritten: Collection[str] = (),
) -> StageResult:
    """Run a stage of the user's own as `run_stage` runs the others."""
    with disk_errors_named(run_folder), masked_errors(mask_for(stage.parameters)):
        params, row = OwnParams(stage.parameters), own_row(stage)
        notebook = Path(stage.notebook)
        work = Work(row, params, workspace, run_folder, notebook, timeout_minutes, frozenset(rewritten))
        return _reuse_or_execute(work, upstream or {})


@dataclass(frozen=True)
class Work:
    """One stage to be done, with all that it is done with."""

    row: StageRow
    params: BaseModel
    workspace: Workspace
    run_folder: Path
    notebook: Path
    timeout_minutes: float
    rewritten: frozenset[str]


def _reuse_or_execute(work: Work, upstream: Mapping[str, str]) -> StageResult:
    row, stage, params, workspace = work.row, work.row.name, work.params, work.workspace
    ids = {name: resolve_id(workspace, name, upstream.get(name, "")) for name in row.reads}
    key = stage_key(row, params, ids | _found_by(ids, params, workspace), work.notebook)
    folder = work.run_folder / stage
    folder.mkdir(parents=True, exist_ok=True)
    # an id that is not known names nothing that could be compared
    finished = find_finished(workspace, stage, key, work.rewritten) if all(ids.values()) else None
    if finished:
        point_at(workspace, finished)
        write_result(folder, finished, key)
        _announce("reused", stage, f"reused, nothing has changed since {Path(finished.folder).parent.name}")
        return finished
    return _execute(work, folder, key, _notebook_parameters(work, ids))


def _found_by(ids: Mapping[str, str], params: BaseModel, workspace: Workspace) -> dict[str, str]:
    """What a stage finds by its ids, and decides its result too.

    The refit that makes a champion's lists, and what makes those of the other variants; the champion that a
    warm start goes on from.
    """
    if "champion" in ids:
        found = {"refitted": served(workspace, ids["champion"], ids["snapshot"])}
        if isinstance(params, RecommendParams) and params.variants:
            from recpipe.recommend.variants import variants

            dealt = variants(workspace, ids["champion"], ids["snapshot"], params)
            found |= {f"variant {one.name}": one.version for one in dealt}
        return found
    if isinstance(params, TrainParams) and params.warm_start != "off":
        return {"champion_before": champion_before(workspace, ids["snapshot"])}
    return {}


def parameter_names(stage: str, params: BaseModel) -> set[str]:
    """Return the names that the parameters cell of a stage's notebook must have."""
    return {*COMMON, *STAGES[stage].reads, *type(params).model_fields}


def _execute(work: Work, folder: Path, key: str, parameters: dict[str, Any]) -> StageResult:
    stage, started = work.row.name, time.monotonic()
    _announce("started", stage, "started")
    try:
        execute(work.notebook, folder, parameters, work.timeout_minutes)
    except BaseException:
        _announce("failed", stage, f"stopped after {time.monotonic() - started:.0f} s")
        raise
    seconds = round(time.monotonic() - started, 1)
    result = replace(read_result(folder), folder=str(folder), seconds=seconds)
    missing = set(work.row.writes) - set(result.ids)
    if result.stage != stage or missing:
        raise StageError(
            f"{work.notebook.name} wrote a result of stage {result.stage!r} "
            f"with {', '.join(result.ids) or 'no ids'}",
            f"Open it with recpipe.open_stage({stage!r}, globals()).",
        )
    write_result(folder, result, key)
    _announce("finished", stage, f"finished in {seconds:.0f} s")
    return result


def _notebook_parameters(work: Work, ids: Mapping[str, str]) -> dict[str, Any]:
    common = {"workspace": str(work.workspace.root), "run_folder": str(work.run_folder)}
    return common | dict(ids) | work.params.model_dump(mode="json")


def _announce(event: str, stage: str, text: str) -> None:
    logger.info("%s: %s", stage, text, extra={"event": event, "stage": stage})

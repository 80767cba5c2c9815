"""What is checked before any kernel or server starts, so that a typo costs a second."""

import logging
from collections.abc import Sequence
from pathlib import Path

from recpipe.core.disk import require_space
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.nearest import need_faiss
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.contract import check_contract
from recpipe.run.own_stages import OwnStage, own_row
from recpipe.run.runner import parameter_names
from recpipe.run.source import with_remembered_source
from recpipe.run.stages import STAGES, StageRow, notebook_of, notebooks_folder, resolve_id

DATABASE_WAIT_SECONDS = 10.0

logger = logging.getLogger("recpipe.run")


def preflight(
    params: PipelineParams,
    workspace: Workspace,
    stages: Sequence[str] = tuple(STAGES),
    notebooks: str = "",
    own: Sequence[OwnStage] = (),
) -> PipelineParams:
    """Check source, notebooks and what the first of `stages` reads; fill in the remembered source.

    `own` describes those of `stages` that are the user's own.

    The workspace need not exist yet, and nothing is made in it. Raises ParameterError, DataError or
    DiskFullError naming what is wrong.
    """
    require_space(next(folder for folder in (workspace.root, *workspace.root.parents) if folder.exists()))
    if "collect" in stages:
        params = params.model_copy(update={"collect": with_remembered_source(params.collect, workspace)})
        check_source(params)
    if "recommend" in stages:
        check_files(params)
    if "rank" in stages:
        warn_of_other_lists(params)
    rows = check_notebooks(params, stages, notebooks, own)
    for name in rows[stages[0]].reads:
        resolve_id(workspace, name, "")
    return params


def check_notebooks(
    params: PipelineParams,
    stages: Sequence[str] = tuple(STAGES),
    notebooks: str = "",
    own: Sequence[OwnStage] = (),
) -> dict[str, StageRow]:
    """Return the rows of `stages` and of the user's `own`.

    Raises ParameterError or StageError unless each has a notebook that keeps its contract.
    """
    check_folder(notebooks)
    rows = STAGES | {stage.name: own_row(stage) for stage in own if stage.name in stages}
    for stage in set(stages) & set(STAGES):
        names = parameter_names(stage, getattr(params, stage))
        check_contract(notebook_of(stage, notebooks), STAGES[stage], names)
    return rows


def check_folder(notebooks: str) -> Path:
    """Return the folder of the notebooks (`notebooks`; empty: the shipped ones) if it is one.

    Raises ParameterError if not, or if it holds no stage's notebook: those of other names would not run.
    """
    folder = notebooks_folder(notebooks)
    if not folder.is_dir():
        raise ParameterError(
            f"notebooks.dir {folder}: no such folder",
            f"`recpipe eject train --notebooks.dir {notebooks}` makes it and puts a copy there.",
        )
    if not any((folder / row.notebook).is_file() for row in STAGES.values()):
        raise ParameterError(
            f"notebooks.dir {folder}: none of {', '.join(row.notebook for row in STAGES.values())}",
            f"`recpipe eject train --notebooks.dir {notebooks}` puts a copy there.",
        )
    return folder


def check_source(params: PipelineParams) -> None:
    """Raise DataError or ParameterError if the source is not there or cannot be what it claims to be."""
    from recpipe.collect import preflight as look_at

    look_at(params.collect)


def check_files(params: PipelineParams) -> None:
    """Raise DataError if a file that `recommend` reads is not there, ParameterError if faiss is not."""
    if params.recommend.search == "approximate":
        need_faiss("recommend.search approximate")
    for name, path in params.recommend.files().items():
        if not Path(path).is_file():
            raise DataError(f"recommend.{name} {path}: no such file", "Name a file, or leave it out.")


def warn_of_other_lists(params: PipelineParams) -> None:
    """Warn where the second stage is trained for other lists than are judged or published."""
    lists = {f"evaluate.seen {params.evaluate.seen}": params.evaluate.seen}
    if params.recommend.seen_days:  # what was seen before them may be listed
        lists[f"recommend.seen_days {params.recommend.seen_days}"] = "allow"
    else:
        lists[f"recommend.seen {params.recommend.seen}"] = params.recommend.seen
    others = [told for told, seen in lists.items() if seen != params.rank.seen]
    if others and params.rank.enabled != "no":
        logger.warning(
            "rank.seen %s, but %s: the second stage does not order those lists, they are the retrieval's",
            params.rank.seen,
            " and ".join(others),
        )


def require_database(workspace: Workspace) -> None:
    """Raise BusyError if another process holds the database, tried for ten seconds."""
    from recpipe.core.store import connect

    if workspace.database.is_file():
        with connect(workspace.database, wait_seconds=DATABASE_WAIT_SECONDS):
            pass

"""What is checked before any kernel or server starts, so that a typo costs a second."""

from collections.abc import Collection

from recpipe.core.disk import require_space
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.notebooks import check_parameters
from recpipe.run.runner import parameter_names
from recpipe.run.source import with_remembered_source
from recpipe.run.stages import STAGES, notebook_of


def preflight(
    params: PipelineParams,
    workspace: Workspace,
    stages: Collection[str] = tuple(STAGES),
) -> PipelineParams:
    """Check source and notebooks of `stages`; return `params` with the remembered source filled in.

    Raises ParameterError, DataError or DiskFullError naming what is wrong.
    """
    require_space(workspace.root)
    if "collect" in stages:
        params = params.model_copy(update={"collect": with_remembered_source(params.collect, workspace)})
        check_source(params)
    for stage in stages:
        check_parameters(notebook_of(workspace, stage), parameter_names(stage, getattr(params, stage)))
    return params


def check_source(params: PipelineParams) -> None:
    """Raise DataError or ParameterError if the source is not there or cannot be what it claims to be."""
    from recpipe.collect import preflight as look_at

    look_at(params.collect)

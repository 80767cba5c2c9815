"""`recpipe run` and `recpipe stage`."""

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Literal

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import PipelineOptions
from recpipe.cli.summary import summary
from recpipe.cli.terminal import shown_progress
from recpipe.core.disk import disk_errors_named
from recpipe.core.workspace import Workspace, locate
from recpipe.params import PipelineParams
from recpipe.run.stages import STAGES


class Run(PipelineOptions):
    """Run the pipeline: collect, features, train, evaluate, recommend.

    Finished stages whose inputs, parameters and code are the same are reused.
    """

    def execute(self) -> int:
        """Run all stages and print what came of it."""
        return run_pipeline(tuple(STAGES), self)


class RunStage(PipelineOptions):
    """Run one stage on what the stages before it left."""

    stage: CliPositionalArg[Literal["collect", "features", "train", "evaluate", "recommend"]]
    """The stage to run."""

    def execute(self) -> int:
        """Run the stage and print what came of it."""
        return run_pipeline((self.stage,), self)


def run_pipeline(stages: Sequence[str], options: PipelineOptions) -> int:
    """Check, run and print; return the exit code. Raises RecpipeError before anything has started."""
    workspace = Workspace(locate(options.workspace))
    with disk_errors_named(workspace.root):
        params = _checked(stages, options.pipeline_params(), workspace, options.notebooks.dir)
        options.open_workspace()
    from flows.launch import run_here

    with shown_progress():
        outcome = run_here(stages, params, workspace, options.notebooks.dir)
    if outcome.error:
        print(_failure(outcome.error), file=sys.stderr)
        return int(outcome.error.get("exit_code", 1))
    print("\n" + summary(outcome.results, workspace))
    return os.EX_OK


def _checked(
    stages: Sequence[str], params: PipelineParams, workspace: Workspace, notebooks: str
) -> PipelineParams:
    """Check what a run needs, in a second and before a server starts; a refusal leaves no workspace."""
    from recpipe.run.preflight import preflight, require_database

    with workspace.lock() if workspace.runs.is_dir() else nullcontext():
        params = preflight(params, workspace, stages, notebooks)
        if {"collect", "features"} & set(stages):
            require_database(workspace)
    return params


def _failure(error: dict[str, str]) -> str:
    where = f"{error['stage']}: " if error.get("stage") else ""
    lines = [f"recpipe: {where}{error['message']}"]
    if error.get("notebook"):
        lines.append(f"Executed notebook: {error['notebook']}")
    if error.get("hint"):
        lines.append(f"To do: {error['hint']}")
    return "\n".join(lines)

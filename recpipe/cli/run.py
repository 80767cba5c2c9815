"""`recpipe run` and `recpipe stage`."""

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from pydantic_settings import CliPositionalArg

from recpipe.cli.messages import did_you_mean
from recpipe.cli.options import PipelineOptions
from recpipe.cli.summary import summary
from recpipe.cli.terminal import shown_progress
from recpipe.core.disk import disk_errors_named
from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace, locate
from recpipe.run.own_stages import OwnStage, in_order
from recpipe.run.plan import Plan
from recpipe.run.stages import STAGES


class Run(PipelineOptions):
    """Run the pipeline: collect, features, train, rank, evaluate, recommend.

    Finished stages whose inputs, parameters and code are the same are reused.
    """

    def execute(self) -> int:
        """Run all stages and print what came of it."""
        own = self.own_stages()
        return run_pipeline(in_order(tuple(STAGES), own), self, own)


class RunStage(PipelineOptions):
    """Run one stage on what the stages before it left."""

    stage: CliPositionalArg[str]
    """The stage to run: collect, features, train, rank, evaluate, recommend, or one of [[stages]]."""

    def execute(self) -> int:
        """Run the stage and print what came of it."""
        own = self.own_stages()
        known = in_order(tuple(STAGES), own)
        if self.stage not in known:
            raise ParameterError(f"STAGE: there is no stage {self.stage!r}", did_you_mean(self.stage, known))
        return run_pipeline((self.stage,), self, own)


def run_pipeline(stages: Sequence[str], options: PipelineOptions, own: Sequence[OwnStage] = ()) -> int:
    """Check, run and print; return the exit code. Raises RecpipeError before anything has started."""
    workspace = Workspace(locate(options.workspace))
    with disk_errors_named(workspace.root):
        chosen = options.notebooks
        plan = Plan(stages, options.pipeline_params(), chosen.dir, chosen.timeout_minutes, own)
        plan = _checked(plan, workspace)
        options.open_workspace()
    from flows.launch import run_here

    with shown_progress():
        outcome = run_here(plan, workspace)
    if outcome.error:
        print(_failure(outcome.error), file=sys.stderr)
        return int(outcome.error.get("exit_code", 1))
    print("\n" + summary(outcome.results, workspace))
    return os.EX_OK


def _checked(plan: Plan, workspace: Workspace) -> Plan:
    """Check what a run needs, in a second and before a server starts; a refusal leaves no workspace."""
    from recpipe.run.preflight import require_database

    with workspace.lock() if workspace.runs.is_dir() else nullcontext():
        plan = plan.checked(workspace)
        if {"collect", "features"} & set(plan.stages):
            require_database(workspace)
    return plan


def _failure(error: dict[str, str]) -> str:
    where = f"{error['stage']}: " if error.get("stage") else ""
    lines = [f"recpipe: {where}{error['message']}"]
    if error.get("notebook"):
        lines.append(f"Executed notebook: {error['notebook']}")
    if error.get("hint"):
        lines.append(f"To do: {error['hint']}")
    return "\n".join(lines)

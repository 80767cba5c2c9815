"""A data set through recpipe's own stages, each its notebook in a kernel of its own."""

from dataclasses import dataclass

import numpy as np

from recpipe.cli.parse import parse_command
from recpipe.cli.run import Run
from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace
from recpipe.evaluate import HeldOut, held_out
from recpipe.params import PipelineParams
from recpipe.run.runner import run_stage


@dataclass(frozen=True)
class Trained:
    """One seed's model on the test, user by user (q,), and what its stage `train` cost, imports included."""

    seed: int
    version: str
    ndcg: np.ndarray
    recall: np.ndarray
    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


def pipeline_params(options: list[str]) -> PipelineParams:
    """Read options as `recpipe run` does. Raises ParameterError for one that it does not know."""
    command = parse_command(Run, "run", options)
    if not isinstance(command, Run):
        raise ParameterError("no help here: `recpipe run --help` lists what is passed on to the stages")
    return command.pipeline_params()


def make_snapshot(workspace: Workspace, params: PipelineParams) -> HeldOut:
    """Collect, make the snapshot and open its test; what is there already is reused."""
    run = workspace.new_run()
    data = run_stage("collect", params.collect, workspace, run).ids
    snapshot = run_stage("features", params.features, workspace, run, data).ids["snapshot"]
    return held_out(workspace, snapshot, params.evaluate)


def train_and_test(workspace: Workspace, params: PipelineParams, test: HeldOut, seed: int) -> Trained:
    """Run `train` with `seed` and `evaluate`, then take the test again for the scores of each user."""
    from recpipe import evaluate, train  # loads TensorFlow

    run, ids = workspace.new_run(), {"snapshot": test.snapshot.name}
    # no lists are made here, so nobody needs the refit
    changed = params.train.model_copy(update={"seed": seed, "refit": False})
    trained = run_stage("train", changed, workspace, run, ids)
    ids |= trained.ids
    run_stage("evaluate", params.evaluate, workspace, run, ids)
    scores = evaluate.score(train.load(workspace, ids["model"]), test)
    return Trained(
        seed=seed,
        version=ids["model"],
        ndcg=scores.ndcg,
        recall=scores.recall,
        cpu_seconds=trained.kernel.get("cpu_seconds", float("nan")),
        wall_seconds=trained.seconds,
        peak_mib=trained.kernel.get("peak_mib", float("nan")),
    )

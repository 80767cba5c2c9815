"""Each query encoder with each loss at one CPU budget: the seed families, side by side.

    python benchmarks/families.py --data ml-1m --folder FOLDER --split last-event --cpu-seconds 150

Encoders and losses are those that `train.encoder` and `train.loss` offer, but for `auto`, which is one of
the others. Options not listed here are passed on to the stages. Finished trainings stay in the workspace:
with --workspace an interrupted benchmark goes on where it was. Prints two markdown tables.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from typing import get_args

from datasets import DATASETS, collect_options
from pydantic import BaseModel
from quality_table import asked, machine, standard_error
from stages import Trained, make_snapshot, pipeline_params, train_and_test

from recpipe.core.errors import ParameterError, RecpipeError
from recpipe.core.workspace import Workspace
from recpipe.params import TrainParams

Family = tuple[str, str]
"""Encoder and loss."""


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options, passed_on = parser().parse_known_args(arguments)
    try:
        with ExitStack() as stack:
            folder = options.workspace or stack.enter_context(tempfile.TemporaryDirectory(prefix="recpipe-"))
            print(measure_families(options, passed_on, Workspace.open(folder)))
    except RecpipeError as error:
        print(f"{error.message}\nTo do: {error.hint}", file=sys.stderr)
        return 1
    return 0


def measure_families(options: argparse.Namespace, passed_on: list[str], workspace: Workspace) -> str:
    """Train and test each family once, and return the report."""
    families = [(encoder, loss) for encoder in choices("encoder") for loss in choices("loss")]
    given = [*collect_options(options.data, options.folder), "--features.split", options.split]
    given += ["--evaluate.seen", options.seen, "--train.max_cpu_seconds", str(options.cpu_seconds)]
    given += passed_on
    with workspace.lock():
        test = make_snapshot(workspace, pipeline_params(given))
        trained = {}
        for encoder, loss in families:
            params = pipeline_params([*given, "--train.encoder", encoder, "--train.loss", loss])
            trained[encoder, loss] = train_and_test(workspace, params, test, options.seed)
    title = f"**{options.data}, {options.split}, {options.cpu_seconds:g} CPU-s each, seed {options.seed}**"
    return f"{title}: {asked(test)}. Machine: {machine()}.\n\n{report(trained, test.k)}"


def choices(parameter: str, params: type[BaseModel] = TrainParams) -> list[str]:
    """Return the values that a parameter of `train` offers, without "auto".

    Raises ParameterError if there is no such parameter or it offers none.
    """
    field = params.model_fields.get(parameter)
    found = [value for value in get_args(field.annotation) if value != "auto"] if field else []
    if not found:
        raise ParameterError(
            f"train.{parameter} offers no choice in this version of recpipe",
            "`recpipe params` lists what can be set.",
        )
    return found


def report(trained: Mapping[Family, Trained], k: int) -> str:
    """Render NDCG side by side, an encoder a line and a loss a column, and below it all that was measured."""
    encoders, losses = (list(dict.fromkeys(names)) for names in zip(*trained, strict=True))
    beside = [[f"NDCG@{k}", *losses], ["---"] * (len(losses) + 1)]
    for encoder in encoders:
        ndcg = [trained[encoder, loss].ndcg for loss in losses]
        beside.append([encoder, *(f"{one.mean():.4f} ± {standard_error(one):.4f}" for one in ndcg)])
    head = ["encoder", "loss", f"NDCG@{k}", f"recall@{k}", "CPU s", "wall s", "peak MiB"]
    each = [head, ["---"] * len(head)]
    each += [[*family, *_measured(one)] for family, one in trained.items()]
    return "\n\n".join("\n".join(f"| {' | '.join(line)} |" for line in lines) for lines in (beside, each))


def _measured(one: Trained) -> list[str]:
    costs = one.cpu_seconds, one.wall_seconds, one.peak_mib
    means = f"{one.ndcg.mean():.4f}", f"{one.recall.mean():.4f}"
    return [*means, *(f"{cost:,.0f}" for cost in costs)]


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--data", choices=DATASETS, default="ml-1m", help="the data set")
    made.add_argument("--folder", default="", help="where the files of a MovieLens set lie")
    made.add_argument(
        "--split", choices=("time", "last-event"), default="last-event", help="what is held out"
    )
    made.add_argument("--seen", choices=("exclude", "allow"), default="exclude", help="items had before")
    made.add_argument("--cpu-seconds", type=float, default=150.0, help="budget of each training")
    made.add_argument("--seed", type=int, default=1, help="of the models")
    made.add_argument("--workspace", default="", help="kept and used again; without it a temporary one")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

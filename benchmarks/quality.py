"""How good recpipe's lists are beside tuned peers', on the same split in the same run.

    python benchmarks/quality.py --data complete-journey --seen exclude
    python benchmarks/quality.py --data ml-1m --folder FOLDER --split last-event --train.encoder id

The data go through the stages collect, features, train and evaluate, and the same snapshot through
the peers (popularity, own frequency where seen items are allowed, item-kNN, ALS, EASE, ridge), each
tuned on the validation part. Options not listed here are passed on to the stages, as `recpipe run` takes
them. Peers' results stay in the workspace: with --workspace another run there costs only the model.
With --rectools PYTHON, the interpreter of an environment that has `rectools[torch]`, its SASRec is one more
peer, for --rectools-cpu-seconds of training. Prints one markdown table.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack

from datasets import DATASETS, collect_options
from peer_results import peer_results
from quality_table import Row, asked, machine, model_row, peer_row, table
from sasrec import check_environment, sasrec_result
from stages import Trained, make_snapshot, pipeline_params, train_and_test

from recpipe.core.difference import paired_difference
from recpipe.core.errors import RecpipeError
from recpipe.core.workspace import Workspace
from recpipe.evaluate import HeldOut
from recpipe.params import PipelineParams


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options, passed_on = parser().parse_known_args(arguments)
    try:
        with ExitStack() as stack:
            folder = options.workspace or stack.enter_context(tempfile.TemporaryDirectory(prefix="recpipe-"))
            print(measure_quality(options, passed_on, Workspace.open(folder)))
    except RecpipeError as error:
        print(f"{error.message}\nTo do: {error.hint}", file=sys.stderr)
        return 1
    return 0


def measure_quality(options: argparse.Namespace, passed_on: list[str], workspace: Workspace) -> str:
    """Run what was asked for and return the report."""
    if options.rectools:
        check_environment(options.rectools)
    source = collect_options(options.data, options.folder)
    split = ["--features.split", options.split, "--evaluate.seen", options.seen]
    params = pipeline_params([*source, *split, *passed_on])
    with workspace.lock():
        test = make_snapshot(workspace, params)
        peers = [] if options.model_only else [peer_row(result) for result in peer_results(test)]
        if options.rectools:
            result = sasrec_result(test, options.rectools, options.rectools_cpu_seconds, options.seeds[0])
            peers.append(peer_row(result))
        models = [] if options.peers_only else _models(workspace, params, test, options.seeds)
    settings = " ".join(passed_on)
    return report(f"{options.data}, {options.split}", test, peers, models, settings)


def report(title: str, test: HeldOut, peers: list[Row], models: list[Trained], settings: str) -> str:
    """Render the table with what it is of before it, and after it how sure the difference is."""
    best = max(peers, key=lambda row: float(row.ndcg.mean())) if peers else None
    rows = [*peers, *([model_row(models, settings)] if models else [])]
    parts = [f"**{title}**: {asked(test)}. Machine: {machine()}.", table(rows, test.k, best)]
    if models:
        each = ", ".join(f"seed {one.seed}: {one.ndcg.mean():.4f} ({one.version})" for one in models)
        parts.append(f"NDCG@{test.k} by seed: {each}.")
    if models and best:
        apart = paired_difference(rows[-1].ndcg, best.ndcg)
        parts.append(f"recpipe is ahead of the best peer, {best.name}, by {apart} (paired by user).")
        parts.append(f"recpipe's NDCG@{test.k} as a multiple: {_multiples(rows[-1], peers)}.")
    return "\n\n".join(parts)


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--data", choices=DATASETS, default="complete-journey", help="the data set")
    made.add_argument("--folder", default="", help="where the files of a MovieLens set lie")
    made.add_argument("--split", choices=("time", "last-event"), default="time", help="what is held out")
    made.add_argument("--seen", choices=("exclude", "allow"), default="exclude", help="items had before")
    made.add_argument("--seeds", type=_seeds, default=(1, 2, 3), help="of the model, e.g. 1,2,3")
    made.add_argument("--workspace", default="", help="kept and used again; without it a temporary one")
    made.add_argument(
        "--rectools", default="", metavar="PYTHON", help="of an environment with rectools[torch]"
    )
    made.add_argument("--rectools-cpu-seconds", type=float, default=600.0, help="budget of its SASRec")
    only = made.add_mutually_exclusive_group()
    only.add_argument("--peers-only", action="store_true", help="no model")
    only.add_argument("--model-only", action="store_true", help="no peers")
    return made


def _multiples(model: Row, peers: list[Row]) -> str:
    return ", ".join(
        f"{model.ndcg.mean() / peer.ndcg.mean():.2f} × {peer.name}" for peer in peers if peer.ndcg.any()
    )


def _seeds(text: str) -> tuple[int, ...]:
    return tuple(int(seed) for seed in text.split(","))


def _models(
    workspace: Workspace, params: PipelineParams, test: HeldOut, seeds: tuple[int, ...]
) -> list[Trained]:
    return [train_and_test(workspace, params, test, seed) for seed in seeds]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a bench card costs, and whether its metrics are those of others.

    python benchmarks/evaluate.py --data ml-1m --folder FOLDER --split last-event
    python benchmarks/evaluate.py --data complete-journey --peers
    python benchmarks/evaluate.py --write-lists lists.npz     # then, where rectools is installed:
    PYTHONPATH=. python benchmarks/metrics_elsewhere.py lists.npz

The data go through collect, features and a training of `--train-cpu-seconds`: what a card costs does not
depend on how good the model is. With --workspace what is there is used again. Options not listed here are
passed on to the stages. Prints one line a step: CPU seconds of this process.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import numpy as np
from datasets import DATASETS, collect_options
from quality_table import asked, machine
from stages import make_snapshot, pipeline_params

from recpipe.core.errors import RecpipeError
from recpipe.core.known import known_before
from recpipe.core.metrics import hits
from recpipe.core.ragged import Ragged
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams, HeldOut
from recpipe.evaluate.measures import CUTOFFS, measured
from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.judging import best, judge, test_exam
from recpipe.params import PipelineParams
from recpipe.run.runner import run_stage

Made = TypeVar("Made")


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options, passed_on = parser().parse_known_args(arguments)
    if options.write_lists:
        write_lists(Path(options.write_lists))
        return 0
    try:
        with ExitStack() as stack:
            folder = options.workspace or stack.enter_context(tempfile.TemporaryDirectory(prefix="recpipe-"))
            measure_cards(options, passed_on, Workspace.open(folder))
    except RecpipeError as error:
        print(f"{error.message}\nTo do: {error.hint}", file=sys.stderr)
        return 1
    return 0


def measure_cards(options: argparse.Namespace, passed_on: list[str], workspace: Workspace) -> None:
    """Make the snapshot and the model, then the card, step by step."""
    given = [*collect_options(options.data, options.folder), "--features.split", options.split]
    given += ["--train.max_cpu_seconds", str(options.train_cpu_seconds), *passed_on]
    params = pipeline_params(given)
    with workspace.lock():
        test = make_snapshot(workspace, params)
        models = trained(workspace, params, test)
        print(f"{options.data}, {options.split}: {asked(test)}. Machine: {machine()}.")
        measure_card(workspace, test, params.evaluate, models)
        if options.peers:
            measure_peers(test)


def trained(workspace: Workspace, params: PipelineParams, test: HeldOut) -> dict[str, str]:
    """Train, or return what was trained before."""
    ids = {"snapshot": test.snapshot.name}
    settings = params.train.model_copy(update={"refit": False})
    return run_stage("train", settings, workspace, workspace.new_run(), ids).ids


def measure_card(workspace: Workspace, test: HeldOut, params: EvaluateParams, models: dict[str, str]) -> None:
    """Make a bench card without peers, and its page."""
    from recpipe import evaluate  # loads TensorFlow with the first model

    loaded = step(
        "load both models",
        lambda: evaluate.contestants(workspace, models["model"], models["popularity"], test),
    )
    begun = time.process_time()
    scores = step(
        "rank and measure both", lambda: {role: evaluate.score(one, test) for role, one in loaded.items()}
    )
    none = params.model_copy(update={"peers_cpu_seconds": 0.0})
    card = step("figures, segments, shortcuts, intervals", lambda: evaluate.bench(test, loaded, scores, none))
    decision = evaluate.Decision(models["model"], "", "a benchmark decides nothing")
    with tempfile.TemporaryDirectory() as folder:
        step(
            "page with plots",
            lambda: evaluate.write_page(Path(folder), workspace, scores, test, decision, card),
        )
    print(f"- **the bench card without peers: {time.process_time() - begun:.1f} CPU-s**")


def measure_peers(test: HeldOut) -> None:
    """Fit and ask each peer once, with the setting that it has on a card for little."""
    known = known_before(test.snapshot, "test")
    exam = test_exam(test, known)
    peers = peers_of(test.snapshot.manifest["split"]["kind"], test.seen)
    for name in ("item-kNN", "ALS", "EASE"):
        fit, setting = peers[name].fit, peers[name].starts[-1]
        score = step(f"{name}: fit", lambda fit=fit, setting=setting: fit(known, setting))  # type: ignore[misc]
        judged = step(f"{name}: test", lambda score=score: judge(score, exam))  # type: ignore[misc]
        print(f"- {name}: NDCG@{test.k} {judged.ndcg.mean():.4f}")


def write_lists(path: Path, users: int = 1000, items: int = 300) -> None:
    """Write random scores with many ties, right answers, and our metrics of our lists of them."""
    random = np.random.default_rng(1)
    scores = random.integers(0, 40, (users, items)).astype(np.float32)
    wanted = random.random((users, items)) < random.uniform(0.005, 0.3, (users, 1))
    wanted[np.arange(users), random.integers(0, items, users)] = True
    relevant = Ragged.from_lists([np.flatnonzero(row) + 1 for row in wanted])
    found = measured(hits(best(scores, max(CUTOFFS)), relevant), relevant.lengths, CUTOFFS)
    np.savez_compressed(path, scores=scores, wanted=wanted, **found)


def step(name: str, work: Callable[[], Made]) -> Made:
    """Do the work and print what it cost."""
    begun = time.process_time()
    made = work()
    print(f"- {name}: {time.process_time() - begun:.1f} CPU-s", flush=True)
    return made


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--data", choices=DATASETS, default="complete-journey", help="the data set")
    made.add_argument("--folder", default="", help="where the files of a MovieLens set lie")
    made.add_argument("--split", choices=("time", "last-event"), default="time", help="what is held out")
    made.add_argument("--train-cpu-seconds", type=float, default=40.0, help="of the model that is measured")
    made.add_argument("--workspace", default="", help="kept and used again; without it a temporary one")
    made.add_argument("--peers", action="store_true", help="fit and ask each peer once, too")
    made.add_argument("--write-lists", default="", help="only write random lists and their metrics")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

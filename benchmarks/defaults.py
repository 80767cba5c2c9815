"""The defaults beside twelve settings that a data scientist would try by hand, at one CPU budget.

    python benchmarks/defaults.py --data ml-100k --folder FOLDER --split last-event --cpu-seconds 60

Options not listed here are passed on to the stages. Finished trainings stay in the workspace: with
--workspace an interrupted benchmark goes on where it was. Prints one markdown table and how far the defaults
are from the best of the twelve, on the test and on the validation part.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack

from datasets import DATASETS, collect_options
from quality_table import asked, machine, standard_error
from stages import Trained, make_snapshot, pipeline_params, train_and_test

from recpipe.core.errors import RecpipeError
from recpipe.core.workspace import Workspace

NEXT = ("--train.same_time", "sequence", "--train.window_days", "0", "--train.targets", "all")
WINDOW = ("--train.same_time", "basket", "--train.window_days", "14", "--train.targets", "new")


def of(encoder: str, *more: str) -> tuple[str, ...]:
    """Options that choose an encoder, and what follows."""
    return ("--train.encoder", encoder, *more)


SETTINGS: dict[str, tuple[str, ...]] = {
    "id, window": of("id", *WINDOW),
    "id, next": of("id", *NEXT),
    "mean, window": of("mean", *WINDOW),
    "mean, window, no SVD start": of("mean", *WINDOW, "--train.svd_start", "false"),
    "mean, window, dropout 0.3": of("mean", *WINDOW, "--train.dropout", "0.3", "--train.id_dropout", "0.1"),
    "mean, next": of("mean", *NEXT),
    "cnn, next": of("cnn", *NEXT),
    "gru, next": of("gru", *NEXT),
    "gru, window": of("gru", *WINDOW),
    "attention, next": of("attention", *NEXT),
    "attention, next, dropout 0.5": of("attention", *NEXT, "--train.dropout", "0.5"),
    "attention, window": of("attention", *WINDOW),
}
"""What differs from the defaults; the rest adapts as it would without."""


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options, passed_on = parser().parse_known_args(arguments)
    try:
        with ExitStack() as stack:
            folder = options.workspace or stack.enter_context(tempfile.TemporaryDirectory(prefix="recpipe-"))
            print(measure_defaults(options, passed_on, Workspace.open(folder)))
    except RecpipeError as error:
        print(f"{error.message}\nTo do: {error.hint}", file=sys.stderr)
        return 1
    return 0


def measure_defaults(options: argparse.Namespace, passed_on: list[str], workspace: Workspace) -> str:
    """Train and test the defaults and each setting once, and return the report."""
    given = [*collect_options(options.data, options.folder), "--features.split", options.split]
    given += ["--train.max_cpu_seconds", str(options.cpu_seconds), "--train.repeats", "off", *passed_on]
    with workspace.lock():
        test = make_snapshot(workspace, pipeline_params(given))
        trained = {
            name: train_and_test(workspace, pipeline_params([*given, *more]), test, options.seed)
            for name, more in {"defaults": (), **SETTINGS}.items()
        }
    judged = {
        name: workspace.models.manifest(one.version)["figures"]["validation_ndcg"]
        for name, one in trained.items()
    }
    title = f"**{options.data}, {options.split}, {options.cpu_seconds:g} CPU-s each, seed {options.seed}**"
    return f"{title}: {asked(test)}. Machine: {machine()}.\n\n{report(trained, judged, test.k)}"


def report(trained: dict[str, Trained], judged: dict[str, float], k: int) -> str:
    """Render a line a setting, the defaults first, and how the defaults stand to the best of the others."""
    head = ["setting", f"NDCG@{k}, test", "± s.e.", "validation", "CPU s"]
    lines = [head, ["---"] * len(head)]
    for name, one in trained.items():
        figures = f"{one.ndcg.mean():.4f}", f"{standard_error(one.ndcg):.4f}", f"{judged[name]:.4f}"
        lines.append([name, *figures, f"{one.cpu_seconds:,.0f}"])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    tests = {name: float(one.ndcg.mean()) for name, one in trained.items()}
    return f"{table}\n\n{_told('test', tests)}; {_told('validation', judged)}."


def _told(part: str, ndcg: dict[str, float]) -> str:
    others = {name: value for name, value in ndcg.items() if name != "defaults"}
    best = max(others, key=lambda name: others[name])
    return f"on {part} the defaults reach {ndcg['defaults'] / others[best]:.3f} of the best, {best}"


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--data", choices=DATASETS, default="ml-100k", help="the data set")
    made.add_argument("--folder", default="", help="where the files of a MovieLens set lie")
    made.add_argument("--split", choices=("time", "last-event"), default="time", help="what is held out")
    made.add_argument("--cpu-seconds", type=float, default=60.0, help="budget of each training")
    made.add_argument("--seed", type=int, default=1, help="of the models")
    made.add_argument("--workspace", default="", help="kept and used again; without it a temporary one")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What a nightly retrain saves by going on from the champion: cold and warm training on the same snapshot.

    python benchmarks/warm_start.py --data ml-1m --folder FOLDER --days 7

The champion is trained on the events up to so many days before the end, then the rest arrives, and the same
settings are trained on all of it, once anew and once from the champion. Both are judged on the same
validation part after each epoch, and on the same test. Options not listed here are passed on to the stages.
With --workspace what is finished is used again. Prints two markdown tables.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from datasets import collect_options
from quality_table import asked, machine
from stages import Trained, make_snapshot, pipeline_params, train_and_test

from recpipe.core import registry
from recpipe.core.errors import RecpipeError
from recpipe.core.workspace import Workspace

EVENTS = "events.parquet"


@dataclass(frozen=True)
class Training:
    """One training: what came of it, and a row an epoch with `ndcg` and `cpu_seconds` since its begin."""

    trained: Trained
    curve: pd.DataFrame

    @property
    def best(self) -> float:
        """The best NDCG@10 of validation."""
        return float(self.curve["ndcg"].max())

    def cpu_to_reach(self, ndcg: float) -> float:
        """CPU seconds until an epoch ended with at least `ndcg`, NaN if none did."""
        reached = self.curve["cpu_seconds"][self.curve["ndcg"] >= ndcg]
        return float(reached.min())


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options, passed_on = parser().parse_known_args(arguments)
    try:
        with ExitStack() as stack:
            folder = options.workspace or stack.enter_context(tempfile.TemporaryDirectory(prefix="recpipe-"))
            print(measure(options, passed_on, Workspace.open(folder)))
    except RecpipeError as error:
        print(f"{error.message}\nTo do: {error.hint}", file=sys.stderr)
        return 1
    return 0


def measure(options: argparse.Namespace, passed_on: list[str], workspace: Workspace) -> str:
    """Train the champion, then cold and warm; return the report."""
    source = collect_options(options.data, options.folder)
    given = ["--features.split", options.split, "--train.repeats", "off", *passed_on]
    early = workspace.root / EVENTS
    cut(Path(options.folder) / EVENTS, early, options.days)
    with workspace.lock():
        before = [str(early) if one.endswith(EVENTS) else one for one in source]
        champion = train(workspace, [*before, *given, "--train.warm_start", "off"], options.seed)
        registry.promote(workspace, champion.trained.version, why="it goes first", who="benchmark")
        every = [*source, *given]
        trainings = {
            start: train(workspace, [*every, "--train.warm_start", wish], options.seed)
            for start, wish in (("cold", "off"), ("warm", "on"))
        }
        test = make_snapshot(workspace, pipeline_params(every))
    title = f"**{options.data}, {options.split}, the last {options.days:g} days new, seed {options.seed}**"
    return f"{title}: {asked(test)}. Machine: {machine()}.\n\n{report(trainings)}"


def cut(events: Path, early: Path, days: float) -> None:
    """Write the events up to `days` before the last one."""
    table = pq.read_table(events)
    end = pc.max(table["timestamp"]).as_py() - timedelta(days=days)
    pq.write_table(table.filter(pc.less_equal(table["timestamp"], end)), early)


def train(workspace: Workspace, options: list[str], seed: int) -> Training:
    """Collect, make the snapshot, train and test."""
    from recpipe.train import curve  # loads TensorFlow

    params = pipeline_params(options)
    trained = train_and_test(workspace, params, make_snapshot(workspace, params), seed)
    rows = curve(workspace, trained.version)
    return Training(trained, rows.assign(cpu_seconds=rows["cpu_seconds"].cumsum()))


def report(trainings: dict[str, Training]) -> str:
    """Render both trainings, and how they went epoch by epoch."""
    goal = trainings["cold"].best
    whole = trainings["cold"].cpu_to_reach(goal)
    head = ["start", "best validation NDCG@10", "CPU s to the cold one's", "share", "CPU s in all"]
    lines = [[*head, "test NDCG@10"], ["---"] * 6]
    epochs = [["start", "epoch", "CPU s", "validation NDCG@10"], ["---"] * 4]
    for start, one in trainings.items():
        spent = one.cpu_to_reach(goal)
        cells = [f"{one.best:.4f}", f"{spent:.0f}", f"{spent / whole:.2f}"]
        cells += [f"{one.curve['cpu_seconds'].max():.0f}", f"{one.trained.ndcg.mean():.4f}"]
        lines.append([start, *cells])
        epochs += [
            [start, str(epoch), f"{row['cpu_seconds']:.0f}", f"{row['ndcg']:.4f}"]
            for epoch, row in one.curve.iterrows()
        ]
    return "\n\n".join("\n".join(f"| {' | '.join(line)} |" for line in table) for table in (lines, epochs))


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--data", choices=("ml-100k", "ml-1m"), default="ml-1m", help="the data set")
    made.add_argument("--folder", default="", help="where its files lie")
    made.add_argument("--days", type=float, default=7.0, help="how much is new in the retrain")
    made.add_argument("--split", choices=("time", "last-event"), default="time", help="what is held out")
    made.add_argument("--seed", type=int, default=1, help="of the models")
    made.add_argument("--workspace", default="", help="kept and used again; without it a temporary one")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What training costs at size: simulated events, few items against many.

    python benchmarks/training.py --events 10000000 --items 10000 1900000 --folder WORKSPACES

Makes each shop through the stages `collect` and `features`, measures the loader by itself and steps of the
model, then runs the stage `train` with a budget of CPU seconds. With --reuse, a shop that is in FOLDER is
taken as it is. Other options are those of `recpipe run`. Prints one markdown table; CPU is of all threads.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from stages import pipeline_params

from recpipe import train
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.runner import run_stage
from recpipe.train.budget import Budget, Watch
from recpipe.train.fit import build_model, build_variables
from recpipe.train.loader import Loader

ROUNDS = 5
"""A step's cost is the median of so many rounds: the machine is shared."""

MOST_BATCHES = 2000
"""The loader by itself is measured by so many batches of a block."""

Row = dict[str, str]


def main(arguments: list[str]) -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 250_000])
    parser.add_argument("--folder", type=Path, required=True, help="where the workspaces are, or will be")
    parser.add_argument("--reuse", action="store_true", help="take the newest snapshot that is there")
    parser.add_argument("--steps", type=int, default=60, help="steps of a round")
    parser.add_argument("--cpu-seconds", type=float, default=120, help="budget of the stage train's fit")
    asked, options = parser.parse_known_args(arguments)
    columns: dict[str, Row] = {}
    for items in asked.items:
        shop = {"simulated_events": asked.events, "simulated_items": items}
        named = [part for name, value in shop.items() for part in (f"--collect.{name}", str(value))]
        budget = ["--train.max_cpu_seconds", str(asked.cpu_seconds)]
        params = pipeline_params(["--source", "simulated", *named, *budget, *options])
        workspace = Workspace.open(asked.folder / f"{asked.events}-{items}")
        column = columns.setdefault(f"{items:,} items", {})
        for row in measured(workspace, params, asked.steps, reuse=asked.reuse):
            column |= row
            print(table(columns), flush=True)
    return 0


def measured(workspace: Workspace, params: PipelineParams, steps: int, *, reuse: bool) -> Iterator[Row]:
    """Every figure of one shop, as they come."""
    run = workspace.new_run()
    ids = {"snapshot": workspace.snapshots.pointed("newest") if reuse else ""}
    if not ids["snapshot"]:
        data = run_stage("collect", params.collect, workspace, run)
        made = run_stage("features", params.features, workspace, run, data.ids)
        ids = made.ids
        for name, stage in (("collect", data), ("features", made)):
            yield {f"stage {name}: CPU s, peak MiB": told(stage.kernel)}
    yield step_by_step(workspace, ids["snapshot"], params, steps)
    trained = run_stage("train", params.train, workspace, run, ids)
    yield {"stage train: CPU s, peak MiB": told(trained.kernel)}


def told(kernel: Mapping[str, float]) -> str:
    """CPU seconds and peak memory of a stage's kernel."""
    return f"{kernel['cpu_seconds']:,.0f}, {kernel['peak_mib']:,}"


def step_by_step(workspace: Workspace, snapshot: str, params: PipelineParams, steps: int) -> Row:
    """What reading, the loader and a step cost, by themselves."""
    began = time.process_time()
    data = train.read(workspace, snapshot, params.train)
    read = time.process_time()
    loader = Loader(data)
    surveyed = time.process_time()
    block = next(loader.epoch(1))
    made = time.process_time()
    batches = sum(1 for _ in block.take(MOST_BATCHES))
    batch = 1000 * ((time.process_time() - made) / batches + (made - surveyed) / len(block))
    model = build_model(data, loader)
    build_variables(model, loader)
    watch = Watch(Budget(params.train), lambda _: None)
    cost = []
    for _ in range(1 + ROUNDS):
        begin = time.process_time()
        model.fit(block.take(steps), epochs=1, verbose=0, callbacks=[watch])
        cost.append(1000 * (time.process_time() - begin) / steps)
    step = float(np.median(cost[1:]))  # the first is traced
    return {
        "items known to the model": f"{data.vocabulary.size:,}",
        "training events": f"{int(data.lengths.sum()):,}",
        "blocks of an epoch": f"{len([*data.blocks()]) if data.source else 1}",
        "read: CPU s": f"{read - began:.1f}",
        "examples of all blocks once: CPU s": f"{surveyed - read:.1f}",
        "steps of an epoch": f"{loader.steps:,}",
        "loader alone, its share of the block's examples included: CPU-ms a batch": f"{batch:.2f}",
        "step, loader included: CPU-ms": f"{step:.1f}",
        "loader faster than the model": f"{(step - batch) / batch:.0f} ×",
    }


def table(columns: dict[str, Row]) -> str:
    """Render markdown: a column a shop."""
    names = list(dict.fromkeys(name for row in columns.values() for name in row))
    lines = [f"| | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    return "\n".join(
        [
            *lines,
            *(f"| {name} | {' | '.join(row.get(name, '') for row in columns.values())} |" for name in names),
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

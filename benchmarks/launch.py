"""A launch list: items first sold in the test window, ranked among themselves for each user.

    python benchmarks/launch.py --data complete-journey --workspace bench

The list is given, as a shop would give it; no contestant has seen a sale of any of it. Beside the candidate
tower, which reads nothing but what is known of an item: random, popularity of the item's category, and
the user's own share of purchases in it. Asked are the test users who took something of the list; recall@100
is the share of what they took among the first 100 of the list. Options not listed here are passed on to
the stages. Prints one markdown table. A finished training stays in the workspace.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from datasets import DATASETS, collect_options
from quality_table import machine, standard_error
from stages import make_snapshot, pipeline_params

from recpipe.core import columns as c
from recpipe.core.errors import DataError, RecpipeError
from recpipe.core.event_weights import worth
from recpipe.core.metrics import hits, recall_at_k
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.runner import run_stage

K = 100
RECENT_DAYS = 30
MICROSECONDS_PER_DAY = 86_400_000_000


@dataclass(frozen=True)
class Launch:
    """The list, n items, and the q users who are asked.

    items: (n,) the snapshot's indices. users: what they did before the test. taken: of each the places in
    the list, from 1, that they took in the test.
    """

    snapshot: Snapshot
    items: np.ndarray
    users: Histories
    taken: Ragged

    def recall(self, scores: np.ndarray) -> np.ndarray:
        """Recall@K of each user (q,) by scores (q, n); ties go to the lower item id."""
        order = np.argsort(-scores, axis=1, kind="stable")[:, :K].astype(np.int32) + 1
        return recall_at_k(hits(order, self.taken), self.taken.lengths, K)


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options, passed_on = parser().parse_known_args(arguments)
    try:
        with ExitStack() as stack:
            folder = options.workspace or stack.enter_context(tempfile.TemporaryDirectory(prefix="recpipe-"))
            params = pipeline_params([*collect_options(options.data, options.folder), *passed_on])
            print(measure_launch(options.data, params, Workspace.open(folder)))
    except RecpipeError as error:
        print(f"{error.message}\nTo do: {error.hint}", file=sys.stderr)
        return 1
    return 0


def measure_launch(title: str, params: PipelineParams, workspace: Workspace) -> str:
    """Train, rank the list by each contestant, and return the report."""
    with workspace.lock():
        snapshot = make_snapshot(workspace, params).snapshot
        changed = params.train.model_copy(update={"refit": False})
        ids = {"snapshot": snapshot.name}
        version = run_stage("train", changed, workspace, workspace.new_run(), ids).ids["model"]
    launch = launch_of(snapshot)
    scores = by_categories(launch) | by_tower(workspace, version, launch)
    scores["random"] = np.random.default_rng(0).random((len(launch.users), len(launch.items)))
    return report(title, version, launch, {name: launch.recall(each) for name, each in scores.items()})


def launch_of(snapshot: Snapshot) -> Launch:
    """Find the items first sold in the test part, and the users who took one. Raises DataError if none."""
    first_sold = np.flatnonzero(snapshot.item_features("test")[c.EVENTS] == 0)
    items = first_sold[first_sold > snapshot.vocabulary.size]
    place = np.zeros(snapshot.item_count + 1, np.int32)
    place[items] = np.arange(1, len(items) + 1)
    histories = snapshot.histories()
    test = histories.part("test")
    wanted = Ragged(test.offsets, place[test.items]).where(worth(test, snapshot.event_weights) > 0)
    taken = wanted.where(wanted.values > 0).unique()
    asked = np.flatnonzero(taken.lengths)
    if not len(asked):
        raise DataError(f"snapshot {snapshot.name}: nobody took an item first sold in the test part")
    return Launch(snapshot, items, histories.until("test").take(asked), taken.take(asked))


def by_tower(workspace: Workspace, version: str, launch: Launch) -> dict[str, np.ndarray]:
    """Scores (q, n) of the candidate tower."""
    from recpipe import train  # loads TensorFlow

    table, recommender = launch.snapshot.items(), train.load(workspace, version)
    vectors = train.new_item_vectors(workspace, version, table.take(launch.items - 1))
    every = Vocabulary(table.column(c.ITEM_ID).to_numpy(zero_copy_only=False))
    queries = recommender.query_vectors(recommender.translate(launch.users, every))
    return {"candidate tower": queries @ vectors.T}


def by_categories(launch: Launch) -> dict[str, np.ndarray]:
    """Scores (q, n) by the finest category of each item: how popular it is of late, and the user's share."""
    paths = launch.snapshot.items().column(c.CATEGORIES).to_pylist()
    codes: dict[str, int] = {}
    finest = np.array([0, *(codes.setdefault(path[-1], len(codes) + 1) if path else 0 for path in paths)])
    own = np.zeros((len(launch.users), len(codes) + 1))
    rows = np.repeat(np.arange(len(launch.users)), launch.users.lengths)
    np.add.at(own, (rows, finest[launch.users.items]), 1)
    before = launch.snapshot.histories().until("test")
    recent = before.times > before.times.max() - RECENT_DAYS * MICROSECONDS_PER_DAY
    sold = np.bincount(finest[before.items[recent]], minlength=len(codes) + 1)
    on_sale = np.bincount(finest[np.unique(before.items[recent])], minlength=len(codes) + 1)
    listed = finest[launch.items]
    everybody = (len(launch.users), 1)
    # a user's share first, popularity where there is none or the same
    share = own / np.maximum(own.sum(axis=1, keepdims=True), 1)
    return {
        "popularity of the category": np.tile(sold[listed].astype(float), everybody),
        "popularity of the category, an item of it": np.tile(
            (sold / np.maximum(on_sale, 1))[listed], everybody
        ),
        "user × category share": share[:, listed] + 1e-6 * (sold / sold.sum())[listed],
    }


def report(title: str, version: str, launch: Launch, recall: dict[str, np.ndarray]) -> str:
    """Render one line a contestant, best first."""
    # what a random list has of few items of many
    chance = min(1.0, K / len(launch.items))
    lines = [
        f"**{title}, launch list**: {len(launch.items):,} items first sold in the test, "
        f"{len(launch.users):,} users who took {len(launch.taken.values):,} of them. {version}. "
        f"Machine: {machine()}.",
        "",
        f"| ranked by | recall@{K} | ± s.e. | × random |",
        "| --- | --- | --- | --- |",
    ]
    for name, each in sorted(recall.items(), key=lambda one: -one[1].mean()):
        lines.append(
            f"| {name} | {each.mean():.4f} | {standard_error(each):.4f} | {each.mean() / chance:.2f} |"
        )
    return "\n".join(lines)


def parser() -> argparse.ArgumentParser:
    """Return the options of this benchmark."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--data", choices=DATASETS, default="complete-journey", help="the data set")
    made.add_argument("--folder", default="", help="where the files of a MovieLens set lie")
    made.add_argument("--workspace", default="", help="kept and used again; without it a temporary one")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The approximate search beside the exact one, on a trained model: users per CPU second, and what is missed.

    python benchmarks/nearest.py --workspace shop [--model VERSION] [--users 20000]

Seen items are left out, as in lists; k = 100. CPU seconds are of all threads. Users are asked again in turn
where there are fewer than --users.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from recpipe import train
from recpipe.core.model_side import ModelSide
from recpipe.core.nearest import NearestItems
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import TopK, top_k
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace

K = 100


def main() -> None:
    """Measure both and print a table."""
    options = parser().parse_args()
    workspace = Workspace.open(options.workspace)
    recommender = train.load(workspace, workspace.models.resolve(options.model, "newest"))
    snapshot = Snapshot.open(workspace)
    histories = next(iter(snapshot.chunks(options.users)))
    own = ModelSide(recommender, snapshot, "now").own(histories)
    asked = np.resize(np.flatnonzero(recommender.knows(own)), options.users)
    queries = np.resize(recommender.query_vectors(own), (len(own), recommender.item_vectors.shape[1]))[asked]
    seen = Ragged(own.offsets, own.items).take(asked)
    vectors = recommender.item_vectors
    allowed = np.arange(len(vectors)) > 0
    built, index = timed(lambda: NearestItems(vectors, allowed))
    exact_seconds, exact = timed(lambda: top_k(queries, vectors, K, excluded=seen, allowed=allowed))
    near_seconds, near = timed(lambda: index.top_k(queries, K, seen))
    print(f"{recommender.version}: {len(vectors) - 1:,} items, {len(queries):,} users asked\n")
    print("| search | recall@100 | users per CPU second | CPU s to build |\n|---|---|---|---|")
    print(f"| exact | 1 | {len(queries) / exact_seconds:,.0f} | |")
    print(
        f"| approximate | {recall(exact, near):.4f} | {len(queries) / near_seconds:,.0f} "
        f"({exact_seconds / near_seconds:.1f} ×) | {built:.1f} |"
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds that `work` took, and its result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def recall(exact: TopK, near: TopK) -> float:
    """Return the share of the exact best that the other search found."""
    pairs = zip(exact.indices, near.indices, strict=True)
    return float(np.mean([np.isin(one[one > 0], other).mean() for one, other in pairs]))


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--workspace", required=True)
    made.add_argument("--model", default="", help="a version; empty: the newest")
    made.add_argument("--users", type=int, default=20_000)
    return made


if __name__ == "__main__":
    main()

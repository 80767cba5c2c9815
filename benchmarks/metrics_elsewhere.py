"""Our metrics against those of an independent package, on random lists with ties.

    PYTHONPATH=. python benchmarks/metrics_elsewhere.py lists.npz

Runs where rectools is installed, which does not go together with what recpipe needs. `lists.npz` is made by
`benchmarks/evaluate.py --write-lists`. The lists are ranked here anew, by score and then by item, so that
ties are compared too. Recall there is of all right answers, ours of as many as a list can hold: the second
gives the first.
"""

import sys

import numpy as np
import pandas as pd
from rectools.metrics import MRR, NDCG, HitRate, Recall

CUTOFFS = (5, 10, 20, 50)
TOLERANCE = 1e-9


def main(path: str) -> int:
    """Compare user by user and print the largest difference of each metric; 1 if one is too large."""
    told = np.load(path)
    scores, wanted = told["scores"], told["wanted"]
    listed = ranked(scores)
    rows, columns = np.nonzero(wanted)
    right = pd.DataFrame({"user_id": rows, "item_id": columns})
    counts = wanted.sum(axis=1)
    worst = 0.0
    for k in CUTOFFS:
        reachable = np.minimum(counts, k) / counts
        for name, metric, ours in (
            ("ndcg", NDCG(k=k, divide_by_achievable=True), told[f"ndcg@{k}"]),
            ("recall", Recall(k=k), told[f"recall@{k}"] * reachable),
            ("mrr", MRR(k=k), told[f"mrr@{k}"]),
            ("hit_rate", HitRate(k=k), told[f"hit_rate@{k}"]),
        ):
            theirs = metric.calc_per_user(listed, right).reindex(range(len(scores))).to_numpy()
            apart = float(np.abs(theirs - ours).max())
            worst = max(worst, apart)
            print(f"{name}@{k}: {apart:.1e}")
    print(f"largest difference over {len(scores):,} users: {worst:.1e}")
    return int(not worst <= TOLERANCE)


def ranked(scores: np.ndarray) -> pd.DataFrame:
    """Rank by score, the lower item first where scores are equal."""
    users, items = (part.ravel() for part in np.indices(scores.shape))
    table = pd.DataFrame({"user_id": users, "item_id": items, "score": scores.ravel()})
    table = table.sort_values(["user_id", "score", "item_id"], ascending=[True, False, True])
    table["rank"] = table.groupby("user_id").cumcount() + 1
    return table[table["rank"] <= max(CUTOFFS)]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

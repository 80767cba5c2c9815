"""How good a model's lists are on a test, user by user, and models side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from recpipe.core import metrics
from recpipe.core.ranking import Ranker, Ranking, Recommender, UnusableModel
from recpipe.evaluate.questions import HeldOut
from recpipe.evaluate.roles import POPULARITY

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Scores:
    """What one model reached on a test of u users.

    ndcg, recall: (u,) float64 in [0, 1], users in the order of the test. coverage: share of the
    candidate items that are in some list. problem: why the scores cannot be trusted, else "".
    """

    version: str
    kind: str
    k: int
    ndcg: np.ndarray
    recall: np.ndarray
    coverage: float
    problem: str = ""

    def means(self) -> dict[str, float]:
        """Return the means over the users, named with their k."""
        return {
            f"ndcg@{self.k}": float(self.ndcg.mean()),
            f"recall@{self.k}": float(self.recall.mean()),
            "coverage": self.coverage,
        }


def score(recommender: Recommender, test: HeldOut) -> Scores:
    """Rank all items known at the cut for every user of the test, and compare with the right answers.

    A model of another snapshot is translated: candidates, users and answers are the same. Scores that
    are not finite count as 0 and are named in `problem`, as are scores equal for all items.
    """
    try:
        return _score(recommender, test)
    except UnusableModel as error:
        nothing = np.zeros(test.counts.users)
        return Scores(recommender.version, recommender.kind, test.k, nothing, nothing, 0.0, error.message)


def _score(recommender: Recommender, test: HeldOut) -> Scores:
    ranker = Ranker(recommender, test.snapshot, "test")
    ndcg, recall, is_constant = [], [], True
    listed = np.zeros(test.snapshot.vocabulary.size + 1, bool)
    for asked in test.questions():
        ranking = ranker.rank(asked.histories, test.k, exclude_seen=test.excludes_seen)
        hits = metrics.hits(ranking.indices, asked.relevant)
        ndcg.append(metrics.ndcg_at_k(hits, asked.relevant.lengths, test.k))
        recall.append(metrics.recall_at_k(hits, asked.relevant.lengths, test.k))
        listed[ranking.indices] = True
        is_constant = is_constant and _is_constant(ranking)
    return Scores(
        version=recommender.version,
        kind=recommender.kind,
        k=test.k,
        ndcg=np.concatenate(ndcg),
        recall=np.concatenate(recall),
        coverage=float(listed[1:].mean()),
        problem=f"model version {recommender.version}: every item has the same score" if is_constant else "",
    )


def _is_constant(ranking: Ranking) -> bool:
    """Tell whether no personal list holds two different scores: a collapsed model ranks by item id only."""
    scores = ranking.scores[ranking.is_personal]
    lowest = np.where(np.isneginf(scores), np.inf, scores).min(axis=1, initial=np.inf)
    return bool((lowest >= scores.max(axis=1, initial=-np.inf)).all())


def compare(scores: Mapping[str, Scores]) -> "pd.DataFrame":
    """Return the models side by side, one row a role, and each NDCG as a multiple of popularity's."""
    import pandas as pd

    rows: list[dict[str, Any]] = [
        {"role": role, "version": one.version, "kind": one.kind, **one.means()}
        for role, one in scores.items()
    ]
    table = pd.DataFrame(rows).set_index("role")
    ndcg = table[f"ndcg@{scores[POPULARITY].k}"]
    base = ndcg[POPULARITY]
    return table.assign(**{"times popularity": ndcg / base if base else float("nan")})


def by_history(test: HeldOut, scores: Mapping[str, Scores]) -> "pd.DataFrame":
    """Return mean NDCG by how many events were known of a user before the test, one column a role.

    Users are cut into at most five groups of about equal size; `users` are counted in the index label.
    """
    import pandas as pd

    known = np.concatenate([asked.histories.lengths for asked in test.questions()])
    edges = np.unique(np.quantile(known, np.linspace(0, 1, 6)).astype(int))
    groups = np.searchsorted(edges[1:-1], known, side="left")
    means = pd.DataFrame({role: one.ndcg for role, one in scores.items()}).groupby(groups).mean()
    found = [known[groups == group] for group in means.index]
    means.index = pd.Index([f"{some.min():,}–{some.max():,}\n({len(some):,} users)" for some in found])
    return means

"""How good a model's lists are on a test, user by user, and models side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from recpipe.core import metrics
from recpipe.core.difference import Difference, paired_difference
from recpipe.core.ranking import Ranker, Ranking, Recommender, UnusableModel
from recpipe.evaluate.exposure import seen_test
from recpipe.evaluate.measures import cutoffs, measured
from recpipe.evaluate.questions import HeldOut, longest_lists
from recpipe.evaluate.roles import CHALLENGER, POPULARITY

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Scores:
    """What one model reached on a test of u users.

    ndcg, recall: (u,) float64 in [0, 1], users in the order of the test. coverage: share of the
    candidate items that are in some list. full_lists: share of the lists that are as long as they could be.
    problem: why the scores cannot be trusted, else "". seen_test: "has seen events of this test (…)" where it
    may have been trained on them, else ""; such scores are no evidence. by_user: each metric at each
    cutoff, "mrr@20" -> (u,) float64. lists: (u, longest cutoff) int32, item indices of the snapshot best
    first, 0 where a list ends.
    """

    version: str
    kind: str
    k: int
    ndcg: np.ndarray
    recall: np.ndarray
    coverage: float
    problem: str = ""
    seen_test: str = ""
    by_user: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    lists: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.int32), repr=False)
    full_lists: float = 1.0

    def named(self) -> str:
        """Return the version with its NDCG, for sentences."""
        return f"{self.version} (NDCG@{self.k} {self.ndcg.mean():.4f})"

    def means(self) -> dict[str, float]:
        """Return the means over the users, named with their k."""
        return {
            f"ndcg@{self.k}": float(self.ndcg.mean()),
            f"recall@{self.k}": float(self.recall.mean()),
            "coverage": self.coverage,
        }

    def ahead_of(self, other: "Scores") -> Difference:
        """Return the mean difference of NDCG to `other`, paired by user, and its standard error."""
        return paired_difference(self.ndcg, other.ndcg)


def score(recommender: Recommender, test: HeldOut) -> Scores:
    """Rank all items known at the cut for every user of the test, and compare with the right answers.

    A model of another snapshot is translated: candidates, users and answers are the same. Scores that
    are not finite count as 0 and are named in `problem`, as are scores equal for all items. A model that
    may have been trained on events of the test is scored like the others, and marked (`seen_test`).
    """
    mark = seen_test(test.workspace, recommender.version, test.snapshot)
    try:
        return replace(_score(recommender, test), seen_test=mark)
    except UnusableModel as error:
        return replace(_no_score(recommender, test, error.message), seen_test=mark)


def _no_score(recommender: Recommender, test: HeldOut, problem: str) -> Scores:
    lengths = cutoffs(test.k)
    lists = np.zeros((test.counts.users, lengths[-1]), np.int32)
    by_user = measured(lists > 0, np.zeros(len(lists), np.int64), lengths)
    nothing = np.zeros(len(lists))
    return Scores(
        recommender.version,
        recommender.kind,
        test.k,
        nothing,
        nothing,
        0.0,
        problem,
        by_user=by_user,
        lists=lists,
        full_lists=0.0,
    )


def _score(recommender: Recommender, test: HeldOut) -> Scores:
    ranker = Ranker(recommender, test.snapshot, "test")
    lengths, all_equal = cutoffs(test.k), True
    lists, parts, is_full = [], [], []
    listed = np.zeros(test.snapshot.vocabulary.size + 1, bool)
    for asked in test.questions():
        ranking = ranker.rank(asked.histories, lengths[-1], exclude_seen=test.excludes_seen)
        hits = metrics.hits(ranking.indices, asked.relevant)
        parts.append(measured(hits, asked.relevant.lengths, lengths))
        lists.append(ranking.indices)
        listed[ranking.indices[:, : test.k]] = True
        is_full.append((ranking.indices[:, : test.k] > 0).sum(axis=1) >= longest_lists(asked.histories, test))
        all_equal = all_equal and is_constant(ranking)
    by_user = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Scores(
        version=recommender.version,
        kind=recommender.kind,
        k=test.k,
        ndcg=by_user[f"ndcg@{test.k}"],
        recall=by_user[f"recall@{test.k}"],
        coverage=float(listed[1:].mean()),
        problem=f"model version {recommender.version}: every item has the same score" if all_equal else "",
        by_user=by_user,
        lists=np.concatenate(lists),
        full_lists=float(np.concatenate(is_full).mean()),
    )


def is_constant(ranking: Ranking) -> bool:
    """Tell whether no personal list holds two different scores: a collapsed model ranks by item id only."""
    scores = ranking.scores[ranking.is_personal]
    lowest = np.where(np.isneginf(scores), np.inf, scores).min(axis=1, initial=np.inf)
    return bool((lowest >= scores.max(axis=1, initial=-np.inf)).all())


def compare(scores: Mapping[str, Scores]) -> "pd.DataFrame":
    """Return the models side by side, one row a role.

    times popularity: NDCG as a multiple of popularity's. challenger ahead by, standard error: the NDCG
    that the challenger has more, see `differences`. seen test: how a model has seen the test, mostly "".
    """
    import pandas as pd

    apart = differences(scores)
    rows: list[dict[str, Any]] = [
        {
            "role": role,
            "version": one.version,
            "kind": one.kind,
            **one.means(),
            "challenger ahead by": apart[role].ndcg if role in apart else None,
            "standard error": apart[role].standard_error if role in apart else None,
            "seen test": one.seen_test,
        }
        for role, one in scores.items()
    ]
    table = pd.DataFrame(rows).set_index("role")
    table = table.astype({"challenger ahead by": float, "standard error": float})
    ndcg = table[f"ndcg@{scores[POPULARITY].k}"]
    base = ndcg[POPULARITY]
    place = table.columns.get_loc("challenger ahead by")
    table.insert(place, "times popularity", ndcg / base if base else float("nan"))
    return table


def differences(scores: Mapping[str, Scores]) -> dict[str, Difference]:
    """Return how far the challenger is ahead of each other role, paired by user."""
    challenger = scores[CHALLENGER]
    return {role: challenger.ahead_of(one) for role, one in scores.items() if role != CHALLENGER}


def by_group(groups: Mapping[str, np.ndarray], scores: Mapping[str, Scores]) -> "pd.DataFrame":
    """Return mean NDCG by group of users, one column a role; `users` are counted in the index label."""
    import pandas as pd

    rows = {
        f"{name}\n({users.sum():,} users)": {role: one.ndcg[users].mean() for role, one in scores.items()}
        for name, users in groups.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")

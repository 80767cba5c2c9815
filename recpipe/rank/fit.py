"""Training a second stage: rehearsed one window earlier, judged fold by fold, trained on both windows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from recpipe.core.bootstrap import Interval, difference_interval
from recpipe.core.metrics import hits, ndcg_at_k
from recpipe.core.ranking import Ranker, Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.rank.as_of import as_of_validation
from recpipe.rank.params import RankParams
from recpipe.rank.ranker import LambdaRank, NothingToRank, train_ranker
from recpipe.rank.second import retrieved
from recpipe.rank.table import JUDGED_AT, Table, make_table
from recpipe.rank.windows import Window, rehearsal, window

if TYPE_CHECKING:
    import pandas as pd

STEPS = 6
"""Numbers of rounds that the rehearsal chooses among."""
FOLDS = 2
"""Parts of the validation part's users; each is judged by a ranker that was trained without it."""

logger = logging.getLogger("recpipe.rank")


@dataclass(frozen=True)
class Fitted:
    """A trained ranker, and what the validation part says of it.

    ndcg: of the rehearsal, number of rounds -> mean. gain: NDCG@10 of rankers trained without the fold that
    they are judged on, less that of the retrieval alone, on the same users. recall: of the generators,
    validation.
    """

    snapshot: str
    retrieval: str
    params: RankParams
    generators: tuple[str, ...]
    ranker: LambdaRank
    rounds: int
    ndcg: Mapping[int, float]
    retrieval_ndcg: float
    gain: Interval
    recall: Mapping[str, float]

    @property
    def is_kept(self) -> bool:
        """Whether the second stage makes the lists: as asked for, or where validation is sure of it."""
        return self.params.enabled == "yes" or self.gain.low > 0

    def recall_table(self) -> "pd.DataFrame":
        """Return the recall on the validation part by generator, for notebooks."""
        import pandas as pd

        names = [*self.generators, "union"]
        depths = sorted({int(name.partition("@")[2]) for name in self.recall})
        rows = [[self.recall[f"{name}@{depth}"] for depth in depths] for name in names]
        return pd.DataFrame(rows, index=names, columns=[f"recall@{depth}" for depth in depths])

    def verdict(self) -> str:
        """Say what the validation part said, and what follows."""
        told = f"validation NDCG@{JUDGED_AT} {self.retrieval_ndcg:.4f} by retrieval alone, {self.gain} more "
        kept = "the second stage is kept" if self.is_kept else "lists are made by retrieval alone"
        return f"{told}by rankers of {self.rounds} rounds that did not learn from these users: {kept}"


def fit(workspace: Workspace, snapshot: str, recommender: Recommender, params: RankParams) -> Fitted:
    """Train a second stage on what `recommender` and the other generators find.

    The towers learned from all before the validation part, so a window there would teach the ranker to
    believe them. So the rehearsal, which chooses the number of rounds, does without them. The ranker itself
    is trained on the validation part, where they know nothing, and on the window before it, where what they
    say counts as missing. Whether it pays is asked of the validation part fold by fold, see `cross_fitted`.
    Raises NothingToRank if too few users have something to be ranked for.
    """
    opened = Snapshot.open(workspace, snapshot)
    generators = useful(params, recommender)
    excludes_seen = params.seen == "exclude"
    known = window(opened, "validation", excludes_seen=excludes_seen, most=params.max_users)
    earlier = rehearsal(opened, excludes_seen=excludes_seen, most=params.max_users)
    for name, one in (("validation part", known), ("window before it", earlier)):
        _check_enough(name, one)
    past_self = as_of_validation(recommender, opened)
    table = make_table(known, past_self, opened, generators, params.candidates)
    others = tuple(name for name in generators if name not in retrieved(generators))
    rounds, curve, learned = params.rounds, dict[int, float](), [table]
    if others:
        practice = make_table(earlier, past_self, opened, others, params.candidates)
        rehearsed = train_ranker([practice], practice.names, params, params.rounds, 1)
        rounds, curve = judge_rounds(rehearsed, table, params.rounds)
        learned.append(practice)
    alone = retrieval_alone(past_self, opened, known)
    ranker = train_ranker(learned, table.names, params, rounds, params.seeds)
    fitted = Fitted(
        snapshot=opened.name,
        retrieval=recommender.version,
        params=params,
        generators=generators,
        ranker=ranker,
        rounds=rounds,
        ndcg=curve,
        retrieval_ndcg=float(alone.mean()),
        gain=difference_interval(cross_fitted(learned, params, rounds), alone),
        recall=table.recall,
    )
    logger.info("%s", fitted.verdict())
    return fitted


def useful(params: RankParams, recommender: Recommender) -> tuple[str, ...]:
    """Generators that can name anything: own items only where lists may hold them."""
    own = {"own", "repeats"} if params.seen == "exclude" else set()
    if recommender.repeats is None:
        own |= {"repeats"}
    useful = tuple(name for name in params.generators if name not in own)
    if not useful:
        raise NothingToRank(
            f"none of the generators {', '.join(params.generators)} can name an item for these lists",
            "Name others in rank.generators.",
        )
    return useful


def _check_enough(name: str, asked: Window) -> None:
    if len(asked) < 2:
        raise NothingToRank(
            f"{len(asked)} users took something in the {name} that could have been ranked for them",
            "Use --rank.enabled no, or collect more.",
        )


def judge_rounds(rehearsed: LambdaRank, table: Table, most: int) -> tuple[int, dict[int, float]]:
    """Return the best number of rounds, and the mean NDCG of each that was tried."""
    features = table.columns(rehearsed.names)
    tried = sorted({max(1, most * step // STEPS) for step in range(1, STEPS + 1)})
    ndcg = {
        rounds: float(table.ndcg(rehearsed.scores(features, rehearsed.names, rounds)).mean())
        for rounds in tried
    }
    return max(tried, key=lambda rounds: ndcg[rounds]), ndcg


def cross_fitted(learned: Sequence[Table], params: RankParams, rounds: int) -> np.ndarray:
    """Return NDCG@10 of each user of the first table, (u,), by a ranker trained without the user's fold.

    All learn from the other tables. One ranker a fold, so a mean of several seeds is a little better. What
    sold in the window is known from the other folds: a time after it is harder.
    """
    table, *others = learned
    users = np.arange(len(table.items))
    found = np.zeros(len(users))
    for fold in range(FOLDS):
        mine = users[fold::FOLDS]
        rest = table.of(np.setdiff1d(users, mine))
        ranker = train_ranker([rest, *others], table.names, params, rounds, 1)
        judged = table.of(mine)
        found[mine] = judged.ndcg(ranker.scores(judged.features, judged.names))
    return found


def retrieval_alone(recommender: Recommender, snapshot: Snapshot, known: Window) -> np.ndarray:
    """Return NDCG@10 of each user of the validation part's window, (u,), without a second stage."""
    ranker = Ranker(recommender, snapshot, "validation")
    among = np.zeros_like(ranker.known(is_personal=True))
    among[: len(known.past.had)] = known.past.had  # the others' candidates
    found = ranker.rank(known.before, JUDGED_AT, exclude_seen=known.excludes_seen, among=among)
    lists = found.indices
    return ndcg_at_k(hits(lists, known.relevant), known.relevant.lengths, JUDGED_AT)

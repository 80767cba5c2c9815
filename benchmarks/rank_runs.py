"""One retrieval with a second stage: candidates made once, then rankers of several seeds and ablations."""

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from recpipe import rank
from recpipe.core.bootstrap import Interval, difference_interval
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.evaluate import HeldOut, score
from recpipe.rank.as_of import as_of_validation
from recpipe.rank.fit import cross_fitted, judge_rounds, retrieval_alone, useful
from recpipe.rank.ranker import train_ranker
from recpipe.rank.second import retrieved
from recpipe.rank.table import make_table
from recpipe.rank.windows import rehearsal, window

ABLATIONS = {
    "without the tower": ("tower_",),
    "without own history": ("own_", "repeats_", "pair_", "category_share", "attribute_share"),
    "without item popularity": ("item_", "popular_"),
    "without generators' scores and ranks": tuple(f"{name}_" for name in rank.RankParams().generators),
    "without categories and attributes": ("category_share", "attribute_share", "categories_"),
}
"""Name -> how the features begin that the trees do not get; candidates stay."""


@dataclass
class Measured:
    """What one retrieval reached with and without a second stage: NDCG@10 of each user of the test, (u,).

    ranked: by seed of the rankers; rounds, promised: as many trees, and what folds of the validation part
    promised over retrieval alone. ablated: by name, with the first seed. recall: of generators on the test.
    costs: part, CPU-seconds, peak MiB of the process by then.
    """

    version: str
    alone: np.ndarray
    ranked: dict[int, np.ndarray] = field(default_factory=dict)
    rounds: dict[int, int] = field(default_factory=dict)
    promised: dict[int, Interval] = field(default_factory=dict)
    ablated: dict[str, np.ndarray] = field(default_factory=dict)
    recall: dict[str, float] = field(default_factory=dict)
    costs: list[tuple[str, float, float]] = field(default_factory=list)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Note what a part costs."""
        began = time.process_time()
        yield
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        self.costs.append((part, time.process_time() - began, peak))
        print(f"{self.version}: {part}: {self.costs[-1][1]:.1f} CPU-s", file=sys.stderr, flush=True)


def measure(
    workspace: Workspace, version: str, test: HeldOut, seeds: Sequence[int], *, ablations: bool
) -> Measured:
    """Train rankers as `rank.fit` does, one set a seed, and take the test with each."""
    snapshot, params = Snapshot.open(workspace, test.snapshot.name), rank.RankParams(seen=test.seen)
    recommender = rank.load(workspace, version)
    found = Measured(version, np.zeros(0))
    with found.timed("retrieval alone: the test"):
        found.alone = score(recommender, test).ndcg
    seen, names = params.seen == "exclude", useful(params, recommender)
    past = as_of_validation(recommender, snapshot)
    others = [name for name in names if name not in retrieved(names)]
    with found.timed("window before validation: generators, candidates, features"):
        asked = rehearsal(snapshot, excludes_seen=seen, most=params.max_users)
        practice = make_table(asked, past, snapshot, others, params.candidates)
    with found.timed("validation: the same"):
        asked = window(snapshot, "validation", excludes_seen=seen, most=params.max_users)
        learned = make_table(asked, past, snapshot, names, params.candidates)
        alone_before = retrieval_alone(past, snapshot, asked)
    with found.timed("test: the same"):
        asked = window(snapshot, "test", excludes_seen=seen, most=sys.maxsize)
        tested = make_table(asked, recommender, snapshot, names, params.candidates)
    found.recall = dict(tested.recall)
    # who has no history gets the popular list, ranked or not
    has_history = np.concatenate([each.histories.lengths > 0 for each in test.questions()])

    def judged(kept: Sequence[str], chosen: rank.RankParams, rounds: int) -> np.ndarray:
        trees = train_ranker([learned, practice], kept, chosen, rounds, chosen.seeds)
        ndcg = found.alone.copy()
        ndcg[has_history] = tested.ndcg(trees.scores(tested.columns(kept), kept))
        return ndcg

    for seed in seeds:
        chosen = params.model_copy(update={"seed": seed * 100})
        with found.timed(f"seed {seed}: rehearse, train {params.seeds} rankers, score"):
            rehearsed = train_ranker([practice], practice.names, chosen, chosen.rounds, 1)
            found.rounds[seed] = judge_rounds(rehearsed, learned, chosen.rounds)[0]
            found.ranked[seed] = judged(learned.names, chosen, found.rounds[seed])
        with found.timed(f"seed {seed}: judge by folds"):
            by_folds = cross_fitted([learned, practice], chosen, found.rounds[seed])
        found.promised[seed] = difference_interval(by_folds, alone_before)
    first = params.model_copy(update={"seed": seeds[0] * 100})
    for told, starts in ABLATIONS.items() if ablations else ():
        kept = [name for name in learned.names if not name.startswith(starts)]
        found.ablated[told] = judged(kept, first, found.rounds[seeds[0]])
    return found

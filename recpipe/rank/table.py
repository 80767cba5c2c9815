"""The candidates of a window's users as a table to learn from: features, and which were taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recpipe.core.metrics import ndcg_at_k
from recpipe.core.progress import track
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.features import Features
from recpipe.rank.union import Candidates, Generators, chunk_users
from recpipe.rank.windows import Window

JUDGED_AT = 10
RECALL_AT = (100, 200)
"""Depths that recall is told at; of fewer candidates a generator, at their number."""


@dataclass(frozen=True)
class Table:
    """c candidates of u users.

    items: u rows; features: (c, f) float32, `names` by column; taken: (c,) bool; relevant: (u,) how many
    right answers there are, those that are no candidates included. recall: "tower@100" -> mean over users.
    """

    items: Ragged
    features: np.ndarray
    names: tuple[str, ...]
    taken: np.ndarray
    relevant: np.ndarray
    recall: Mapping[str, float]

    def columns(self, names: Sequence[str], rows: np.ndarray | None = None) -> np.ndarray:
        """Return some features of all or some rows, (rows, len(names)) float32; NaN where it has none."""
        rows = np.arange(len(self.features)) if rows is None else rows
        found = np.full((len(rows), len(names)), np.nan, np.float32)
        for place, name in enumerate(names):
            if name in self.names:
                found[:, place] = self.features[rows, self.names.index(name)]
        return found

    def of(self, users: np.ndarray) -> "Table":
        """Return the candidates of some users; the recall stays that of all."""
        starts, lengths = self.items.offsets[users], self.items.lengths[users]
        begin = np.cumsum(lengths) - lengths
        rows = np.arange(lengths.sum()) + np.repeat(starts - begin, lengths)
        return Table(
            items=self.items.take(users),
            features=self.features[rows],
            names=self.names,
            taken=self.taken[rows],
            relevant=self.relevant[users],
            recall=self.recall,
        )

    def ndcg(self, scores: np.ndarray) -> np.ndarray:
        """Return NDCG@10 of each user, (u,) float64, if candidates are ordered by `scores` (c,)."""
        rows = self.items.row_numbers
        order = np.lexsort((self.items.values, -scores, rows))
        place = np.arange(len(rows)) - self.items.offsets[rows]
        inside = place < JUDGED_AT
        hits = np.zeros((len(self.items), JUDGED_AT), bool)
        hits[rows[inside], place[inside]] = self.taken[order][inside]
        return ndcg_at_k(hits, self.relevant, JUDGED_AT)


def make_table(
    window: Window, recommender: Recommender, snapshot: Snapshot, generators: Sequence[str], depth: int
) -> Table:
    """Ask the users of `window` and describe their candidates, chunk by chunk."""
    past = window.past
    fitted = Generators(generators, past, recommender, snapshot, depth)
    features = Features(past, generators)
    parts, described, found = [], [], []
    advance = track("candidates", len(window), "users")
    step = chunk_users(past.items, len(generators), depth, features.shares)
    for start in range(0, len(window), step):
        users = np.arange(start, min(start + step, len(window)))
        asked, right = past.asked(window.before.take(users)), window.relevant.take(users)
        seen = Ragged(asked.histories.offsets, asked.histories.items) if window.excludes_seen else None
        candidates = fitted.candidates(asked, seen, past.had)
        parts.append(candidates.items)
        described.append(features.of(asked, candidates))
        found.append(_recall(candidates, right, generators, depth))
        advance(len(users))
    items = Ragged.joined(parts)
    return Table(
        items=items,
        features=np.concatenate(described),
        names=features.names,
        taken=items.contained(window.relevant),
        relevant=window.relevant.lengths,
        recall={name: float(np.concatenate([each[name] for each in found]).mean()) for name in found[0]},
    )


def _recall(
    candidates: Candidates, right: Ragged, generators: Sequence[str], depth: int
) -> dict[str, np.ndarray]:
    """Recall of each user by generator and depth, and of the union if each generator names so many."""
    items, ranks = candidates.items, candidates.ranks
    is_hit = items.contained(right)

    def share(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(items.row_numbers[is_hit & chosen], minlength=len(items)) / right.lengths

    depths = sorted({min(depth, at) for at in RECALL_AT})
    told = {
        f"{name}@{at}": share(ranks[:, number] <= at)
        for number, name in enumerate(generators)
        for at in depths
    }
    best = np.nanmin(np.where(np.isnan(ranks), np.inf, ranks), axis=1, initial=np.inf)
    return told | {f"union@{at}": share(best <= at) for at in depths}

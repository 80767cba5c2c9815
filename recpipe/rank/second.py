"""The second stage at work: candidates, features and trees behind the search of `core.ranking`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recpipe.core.caps import Search
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Recommender
from recpipe.core.retrieval import TopK
from recpipe.core.snapshot import Histories, Moment, Snapshot
from recpipe.rank.features import Features
from recpipe.rank.past import Past
from recpipe.rank.ranker import LambdaRank
from recpipe.rank.union import Generators, chunk_users

NOTHING = -1e6
"""Where scores begin of which no candidate's is a measure."""
LEAST_STEP = 1e-3
"""Between the scores of what follows the candidates, where these are too few or too alike to tell one."""


@dataclass(frozen=True)
class SecondStage:
    """A trained ranker and what it needs to be asked: see `core.recommender.SecondStage`."""

    retrieval: Recommender
    ranker: LambdaRank
    generators: tuple[str, ...]
    depth: int
    excludes_seen: bool

    def at(self, snapshot: Snapshot, moment: Moment) -> "Ordering":
        """Fit the generators to everything before `moment`."""
        return Ordering(self, snapshot, moment)


class Ordering:
    """A second stage as of one moment of one snapshot."""

    def __init__(self, stage: SecondStage, snapshot: Snapshot, moment: Moment) -> None:
        self._ranker = stage.ranker
        self._past = Past.of(snapshot, moment)
        names = stage.generators
        self._generators = Generators(names, self._past, stage.retrieval, snapshot, stage.depth)
        self._features = Features(self._past, names)
        self._chunk = chunk_users(self._past.items, len(names), stage.depth, self._features.shares)

    def search(
        self, histories: Histories, barred: Ragged | None, listed: np.ndarray, behind: Search
    ) -> Search:
        """See `core.recommender.Ordering`. Ties go to the lower index; scores are the ranker's."""
        step = self._chunk
        parts = [
            self._ordered(histories, barred, listed, np.arange(at, min(at + step, len(histories))))
            for at in range(0, len(histories), step)
        ]
        items, scores = Ragged.joined([one for one, _ in parts]), np.concatenate([own for _, own in parts])

        def by_ranker(rows: np.ndarray, depth: int) -> TopK:
            mine = items.take(rows)
            own = Ragged(items.offsets, scores).take(rows)
            place = np.arange(len(mine.values)) - mine.offsets[mine.row_numbers]
            inside = place < depth
            found = TopK(
                np.zeros((len(rows), depth), np.int32), np.full((len(rows), depth), -np.inf, np.float32)
            )
            where = mine.row_numbers[inside], place[inside]
            found.indices[where], found.scores[where] = mine.values[inside], own.values[inside]
            short = np.flatnonzero(mine.lengths < depth)
            if len(short):
                wanted = depth + int(mine.lengths[short].max())
                _fill(found, short, mine.take(short), own.take(short), behind(rows[short], wanted).indices)
            return found

        return by_ranker

    def _ordered(
        self, histories: Histories, barred: Ragged | None, listed: np.ndarray, users: np.ndarray
    ) -> tuple[Ragged, np.ndarray]:
        """Candidates of some users, best first, and their scores."""
        asked = self._past.asked(histories.take(users))
        out = None if barred is None else barred.take(users)
        # as in training: of what nobody had nothing is known
        had = self._past.had & listed[: len(self._past.had)]
        candidates = self._generators.candidates(asked, out, had)
        items = candidates.items
        scores = self._ranker.scores(self._features.of(asked, candidates), self._features.names)
        order = np.lexsort((items.values, -scores, items.row_numbers))
        return Ragged(items.offsets, items.values[order]), scores[order]


def _fill(found: TopK, rows: np.ndarray, candidates: Ragged, scores: Ragged, others: np.ndarray) -> None:
    """Put items (n, m) of `others`, best first, behind the candidates of `rows` of `found`.

    Their scores go on falling from the last candidate's by the mean step between candidates: whoever weighs
    scores against something else finds those of the trees as far apart as they were. Where there is no
    candidate they begin at NOTHING, below whatever trees say of other items of the user.
    """
    depth = found.indices.shape[1]
    flat = Ragged(np.arange(len(rows) + 1, dtype=np.int64) * others.shape[1], others.ravel())
    is_other = ((flat.values > 0) & ~flat.contained(candidates)).reshape(others.shape)
    behind = np.cumsum(is_other, axis=1)
    place = candidates.lengths[:, None] + behind - 1
    inside = is_other & (place < depth)
    user, _ = np.nonzero(inside)
    where = rows[user], place[inside]
    has_some = candidates.lengths > 0
    best, last = np.full(len(rows), NOTHING), np.full(len(rows), NOTHING)
    best[has_some] = scores.values[scores.offsets[:-1][has_some]]
    last[has_some] = scores.values[scores.offsets[1:][has_some] - 1]
    step = np.maximum((best - last) / np.maximum(candidates.lengths - 1, 1), LEAST_STEP)
    step[~has_some] = 1
    found.indices[where] = others[inside]
    found.scores[where] = (last[:, None] - step[:, None] * behind)[inside]


def retrieved(names: Sequence[str]) -> tuple[str, ...]:
    """Return the generators that are the trained retrieval, of those named."""
    return tuple(name for name in names if name in ("tower", "repeats"))

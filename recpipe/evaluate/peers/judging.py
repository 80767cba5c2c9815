"""Full ranking and its metrics: the test is evaluate's own, the validation part is asked the same way."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from recpipe.core.event_weights import worth
from recpipe.core.known import Known
from recpipe.core.metrics import hits, ndcg_at_k, recall_at_k
from recpipe.core.ragged import Ragged
from recpipe.evaluate.peers.contract import Score
from recpipe.evaluate.questions import HeldOut

SCORE_BYTES = 128 * 2**20  # of one chunk's score matrix


@dataclass(frozen=True)
class Exam:
    """Who is asked and what is right: q users, lists of k.

    users: (q,) row numbers; relevant: (q) rows of item indices from 1; seen: users × items, what may not be
    listed, or None where all may be.
    """

    users: np.ndarray
    relevant: Ragged
    seen: csr_array | None
    items: int
    k: int


@dataclass(frozen=True)
class Judged:
    """NDCG@k and recall@k of each user asked, (q,) float64."""

    ndcg: np.ndarray
    recall: np.ndarray


def test_exam(test: HeldOut, known: Known) -> Exam:
    """Return the test as `recpipe evaluate` asks it; `known` is what was known before it."""
    asked = list(test.questions())
    users = np.concatenate([each.rows for each in asked])
    relevant = Ragged.joined([each.relevant for each in asked])
    return Exam(users, relevant, _seen(test, known), known.items, test.k)


def validation_exam(test: HeldOut, known: Known, limit: int, seed: int = 1) -> Exam:
    """Ask the validation part as `test` asks the test part; `limit` users at most, drawn once.

    Judges as `train` has them (`train.judges`), but seen items are allowed where the test allows them.
    """
    histories = test.snapshot.histories()
    before, after = histories.until("validation"), histories.part("validation")
    wanted = Ragged(after.offsets, after.items).where(worth(after, test.snapshot.event_weights) > 0)
    right = (wanted.values > 0) & (wanted.values <= test.snapshot.vocabulary.size)
    if test.excludes_seen:
        right &= ~wanted.contained(Ragged(before.offsets, before.items))
    relevant = wanted.where(right).unique()
    users = np.flatnonzero(relevant.lengths)
    if len(users) > limit:
        users = np.sort(np.random.default_rng(seed).choice(users, size=limit, replace=False))
    return Exam(users, relevant.take(users), _seen(test, known), known.items, test.k)


def judge(score: Score, exam: Exam) -> Judged:
    """Rank all items for each user, in chunks, and compare with what is right."""
    found, counts = hits(ranked(score, exam), exam.relevant), exam.relevant.lengths
    return Judged(ndcg_at_k(found, counts, exam.k), recall_at_k(found, counts, exam.k))


def ranked(score: Score, exam: Exam) -> np.ndarray:
    """Rank all items for each user, in chunks: (q, k) int32 item indices, best first, 0 where a list ends."""
    return np.concatenate([np.zeros((0, exam.k), np.int32), *_lists(score, exam)])


def _lists(score: Score, exam: Exam) -> Iterator[np.ndarray]:
    rows = max(1, SCORE_BYTES // (4 * exam.items))
    for at in range(0, len(exam.users), rows):
        users = exam.users[at : at + rows]
        scores = np.array(score(users), np.float32)
        if np.isnan(scores).any():
            raise ValueError(f"{np.isnan(scores).sum()} of {scores.size} scores are NaN; they rank nothing")
        if exam.seen is not None:
            seen = exam.seen[users]
            scores[np.repeat(np.arange(len(users)), np.diff(seen.indptr)), seen.indices] = -np.inf
        yield best(scores, exam.k)


def best(scores: np.ndarray, k: int) -> np.ndarray:
    """Return item indices (from 1) of the best k of each row, best first; ties go to the lower index.

    scores: (u, items) float32, -inf where an item is barred; index 0 where fewer than k are left.

    >>> best(np.array([[1, 3, 3, 2], [-np.inf, -np.inf, 0, -np.inf]], np.float32), 2).tolist()
    [[2, 3], [3, 0]]
    """
    u, items = scores.shape
    found = min(k, items)
    last = np.partition(scores, items - found, axis=1)[:, items - found, None]
    ahead, level = scores > last, scores == last
    places = found - ahead.sum(axis=1, keepdims=True)
    chosen = ahead | (level & (np.cumsum(level, axis=1, dtype=np.int32) <= places))
    columns = np.nonzero(chosen)[1].reshape(u, found)
    values = np.take_along_axis(scores, columns, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = np.where(np.isneginf(values), -1, columns)
    lists = np.zeros((u, k), np.int32)
    lists[:, :found] = np.take_along_axis(ranked, order, axis=1) + 1
    return lists


def _seen(test: HeldOut, known: Known) -> csr_array | None:
    return known.counts() if test.excludes_seen else None

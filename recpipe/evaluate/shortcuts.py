"""What the usual shortcuts would have shown: why numbers elsewhere look better.

Sampled candidates: Krichene & Rendle, "On sampled metrics for item recommendation" (2020). Random split:
Meng et al., "Exploring data splitting strategies for the evaluation of recommendation models" (2020).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from recpipe.core.bootstrap import Interval, mean_interval
from recpipe.core.known import Known, known_before
from recpipe.core.metrics import hits, ndcg_at_k
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Recommender
from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.judging import Exam, judge
from recpipe.evaluate.questions import HeldOut, Questions
from recpipe.evaluate.scores import Scores

NEGATIVES = 100
FEWEST_USERS, MOST_USERS = 200, 1000
MOST_PAIRS = 10_000_000
"""Users, and users times items, that a shortcut is taken with; bounds the cost, widens the interval."""
BLOCK_PAIRS = 4_000_000
SEED = 1


@dataclass(frozen=True)
class Shortcut:
    """NDCG@k with one shortcut, beside the honest figure of the same model.

    ndcg: what the shortcut shows; honest: what full ranking of the held-out test shows; users: how many were
    asked with the shortcut; how: what was done.
    """

    name: str
    model: str
    ndcg: Interval
    honest: Interval
    users: int
    how: str


def shortcuts(
    recommender: Recommender, scores: Scores, test: HeldOut, rivals: Mapping[str, Scores]
) -> list[Shortcut]:
    """Take each shortcut with `recommender`, whose honest scores are `scores`.

    The random split would need another training: it is taken with the cheapest of the personal peers.
    """
    found = [_sampled(recommender, scores, test)]
    # asked without what was seen, somebody must be left to ask
    if test.excludes_seen or test.counts.seen_share + test.counts.unknown_share < 1 - 1e-9:
        found.append(_other_seen(recommender, scores, test))
    stand_in = next((name for name in ("EASE", "item-kNN", "ALS") if name in rivals), "")
    return [*found, *([_random_split(stand_in, rivals[stand_in], test)] if stand_in else [])]


def _sampled(recommender: Recommender, scores: Scores, test: HeldOut) -> Shortcut:
    """Rank the right answers among 100 items drawn at random only."""
    ranker, random = Ranker(recommender, test.snapshot, "test"), np.random.default_rng(SEED)
    items = test.snapshot.vocabulary.size
    ndcg, places = [], []
    for place, asked in _drawn(test, max(1, BLOCK_PAIRS // items)):
        seen = Ragged(asked.histories.offsets, asked.histories.items)
        others = _all_but(_candidates(asked.relevant, seen, items, random))
        # `others` holds what was seen, too: so a second stage ranks as in the honest figure
        ranking = ranker.rank(asked.histories, test.k, exclude_seen=test.excludes_seen, excluded=others)
        ndcg.append(ndcg_at_k(hits(ranking.indices, asked.relevant), asked.relevant.lengths, test.k))
        places.append(place)
    found = np.concatenate(ndcg)
    return Shortcut(
        name=f"{NEGATIVES} sampled candidates",
        model=recommender.version,
        ndcg=mean_interval(found),
        honest=mean_interval(scores.ndcg[np.concatenate(places)]),
        users=len(found),
        how=f"Right answers ranked among {NEGATIVES} random items the user never took, not all {items:,}.",
    )


def _drawn(test: HeldOut, rows: int) -> Iterator[tuple[np.ndarray, Questions]]:
    """Yield `rows` users at a time and their places in the test, some hundreds to a thousand drawn of all."""
    items, users = test.snapshot.vocabulary.size, test.counts.users
    most = min(MOST_USERS, max(FEWEST_USERS, MOST_PAIRS // items))
    is_drawn = np.random.default_rng(SEED).random(test.snapshot.user_count) < most / users
    first = 0
    for asked in test.questions():
        chosen = np.flatnonzero(is_drawn[asked.rows])
        for at in range(0, len(chosen), rows):
            some = chosen[at : at + rows]
            part = Questions(asked.histories.take(some), asked.relevant.take(some), asked.rows[some])
            yield first + some, part
        first += len(asked.rows)


def _candidates(relevant: Ragged, seen: Ragged, items: int, random: np.random.Generator) -> np.ndarray:
    """Return what each user's list may hold: right answers and drawn items, (u, items + 1) bool."""
    chance = random.random((len(relevant), items + 1), np.float32)
    taken = relevant.beside(seen)
    inside = taken.values <= items
    chance[taken.row_numbers[inside], taken.values[inside]] = np.inf
    chance[:, 0] = np.inf
    count = min(NEGATIVES, items)
    bounds = np.partition(chance, count - 1, axis=1)[:, count - 1, None]
    may = (chance <= bounds) & np.isfinite(chance)
    may[relevant.row_numbers, relevant.values] = True
    return may


def _all_but(may: np.ndarray) -> Ragged:
    rows, barred = np.nonzero(~may)
    offsets = np.searchsorted(rows, np.arange(len(may) + 1))
    return Ragged(offsets.astype(np.int64), barred.astype(np.int32))


def _other_seen(recommender: Recommender, scores: Scores, test: HeldOut) -> Shortcut:
    """Ask the test the other way: seen items may be listed and are right again, or neither."""
    keeps = test.excludes_seen
    other = replace(test, seen="allow" if keeps else "exclude")
    ranker, ndcg = Ranker(recommender, test.snapshot, "test"), []
    for _, asked in _drawn(other, MOST_USERS):
        ranking = ranker.rank(asked.histories, test.k, exclude_seen=other.excludes_seen)
        ndcg.append(ndcg_at_k(hits(ranking.indices, asked.relevant), asked.relevant.lengths, test.k))
    found = np.concatenate(ndcg)
    how = (
        "Items the user had before stay in the lists, and taking one again is a right answer."
        if keeps
        else "Items the user had before are left out of the lists and of the right answers."
    )
    # a second stage is trained for one kind of lists: of the other they are its retrieval's
    alone = ", its retrieval alone" if recommender.second is not None else ""
    return Shortcut(
        name="seen items kept" if keeps else "seen items left out",
        model=f"{recommender.version}{alone}",
        ndcg=mean_interval(found),
        honest=mean_interval(scores.ndcg),
        users=len(found),
        how=how,
    )


def _random_split(name: str, honest: Scores, test: HeldOut) -> Shortcut:
    """Hold out as many pairs of each user, but drawn from the whole time; fit a peer to the rest."""
    peer = peers_of(test.snapshot.manifest["split"]["kind"], test.seen)[name]
    everything = known_before(test.snapshot, "now")
    asked = list(test.questions())
    counts = np.concatenate([each.relevant.lengths for each in asked])
    users = np.concatenate([each.rows for each in asked])
    some = np.random.default_rng(SEED).permutation(len(users))[:MOST_USERS]
    kept, exam = random_split(everything, users[some], counts[some], test.k)
    setting = peer.starts[-1]
    found = judge(peer.fit(kept, setting), exam).ndcg
    return Shortcut(
        name="random split",
        model=f"{name} in place of the model",
        ndcg=mean_interval(found),
        honest=mean_interval(honest.ndcg),
        users=len(found),
        how=(
            "As many items of each user held out, but drawn from all of the time: the past is told from the "
            f"future. The model would have to be trained again for it, so it is {name} that was."
        ),
    )


def random_split(known: Known, users: np.ndarray, counts: np.ndarray, k: int) -> tuple[Known, Exam]:
    """Hold out `counts` (u,) random items of each of `users` (u,), at most half: the rest, and the exam."""
    random = np.random.default_rng(SEED)
    pairs = np.unique(known.rows * known.items + known.columns)
    rows = pairs // known.items
    chance = random.random(len(pairs))
    order = np.lexsort((chance, rows))
    lengths = np.bincount(rows, minlength=known.users)
    wanted = np.zeros(known.users, np.int64)
    wanted[users] = np.minimum(counts, lengths[users] // 2)
    place = np.arange(len(pairs)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    held = pairs[order[place < wanted[rows[order]]]]
    stays = ~np.isin(known.rows * known.items + known.columns, held)
    fields = {name: getattr(known, name)[stays] for name in ("rows", "columns", "days", "events")}
    rest = replace(known, **fields)
    asked = np.flatnonzero(wanted)
    offsets = np.concatenate([[0], np.cumsum(wanted[asked])]).astype(np.int64)
    held = np.sort(held)
    relevant = Ragged(offsets, (held % known.items + 1).astype(np.int32))
    return rest, Exam(asked, relevant, rest.counts("binary"), known.items, k)

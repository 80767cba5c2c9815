"""The peers of a bench card: the usual methods, fitted to the same data and asked the same test.

Each has the last of the settings that its tuning starts from, or, where the budget reaches, the best of them
on the validation part. `benchmarks/quality.py` tunes them as far as it goes; a card tells what little gives.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from recpipe.core.known import Known, known_before
from recpipe.core.metrics import hits
from recpipe.evaluate.measures import cutoffs, measured
from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.contract import Peer, Setting
from recpipe.evaluate.peers.cost import EXPECTED, Size, expected
from recpipe.evaluate.peers.judging import Exam, judge, ranked, test_exam, validation_exam
from recpipe.evaluate.questions import HeldOut
from recpipe.evaluate.scores import Scores

KIND = "peer"
JUDGES = 1000
"""Users of the validation part who choose between settings."""

logger = logging.getLogger("recpipe.evaluate")


@dataclass(frozen=True)
class Plan:
    """Which peers are fitted, how many settings of each are tried, and which peers would cost too much.

    tries: name -> settings, 1 where none is chosen; left_out: name -> CPU-seconds expected.
    """

    tries: Mapping[str, int]
    left_out: Mapping[str, float]


def plan(peers: Mapping[str, Peer], size: Size, cpu_seconds: float) -> Plan:
    """Spend the budget: first one fit of each peer, the cheapest first, then settings to choose from."""
    costs = {name: expected(name, size) for name in EXPECTED if name in peers}
    left, tries, left_out = cpu_seconds, {}, {}
    for name, cost in sorted(costs.items(), key=lambda item: item[1]):
        if cost <= left:
            left, tries[name] = left - cost, 1
        else:
            left_out[name] = cost
    for name in tries:
        most, share = len(peers[name].starts), left / len(tries)
        affordable = min(most, int(share / costs[name]))
        tries[name] = affordable if affordable > 1 else 1
    return Plan(tries, left_out)


@dataclass(frozen=True)
class Rivals:
    """What peers reached, name -> scores whose version is the setting; and what was left out, in words."""

    scores: Mapping[str, Scores]
    left_out: tuple[str, ...]


def rivals(test: HeldOut, cpu_seconds: float) -> Rivals:
    """Fit the peers that the budget reaches and ask them the test; with 0 none.

    A peer whose scores are no numbers is left out, and named.
    """
    if not cpu_seconds:
        return Rivals({}, ())
    known = known_before(test.snapshot, "test")
    exam = replace(test_exam(test, known), k=cutoffs(test.k)[-1])
    peers = peers_of(test.snapshot.manifest["split"]["kind"], test.seen)
    planned = plan(peers, Size.of(known, len(exam.users)), cpu_seconds)
    scores = {name: _scores(peers[name], tries, test, known, exam) for name, tries in planned.tries.items()}
    left_out = tuple(
        f"{name}: about {cost:,.0f} CPU-seconds were expected" for name, cost in planned.left_out.items()
    )
    return Rivals(scores, left_out)


def _scores(peer: Peer, tries: int, test: HeldOut, known: Known, exam: Exam) -> Scores:
    setting = peer.starts[-1] if tries == 1 else _chosen(peer, peer.starts[-tries:], test)
    lists = ranked(peer.fit(known, setting), exam)
    scores = scores_of_lists(_told(setting), lists, exam, test.k)
    logger.info("%s: NDCG@%d %.4f (%s)", peer.name, test.k, scores.ndcg.mean(), scores.version)
    return scores


def _chosen(peer: Peer, settings: tuple[Setting, ...], test: HeldOut) -> Setting:
    known = known_before(test.snapshot, "validation")
    exam = validation_exam(test, known, JUDGES)
    if not len(exam.users):
        return settings[-1]
    ndcg = [float(judge(peer.fit(known, setting), exam).ndcg.mean()) for setting in settings]
    return settings[int(np.argmax(ndcg))]


def scores_of_lists(version: str, lists: np.ndarray, exam: Exam, k: int) -> Scores:
    """Measure lists (q, longest cutoff) of item indices against an exam."""
    by_user = measured(hits(lists, exam.relevant), exam.relevant.lengths, cutoffs(k))
    shown = np.bincount(lists[:, :k].ravel(), minlength=exam.items + 1)[1:]
    return Scores(
        version=version,
        kind=KIND,
        k=k,
        ndcg=by_user[f"ndcg@{k}"],
        recall=by_user[f"recall@{k}"],
        coverage=float((shown > 0).mean()),
        by_user=by_user,
        lists=lists,
    )


def _told(setting: Setting) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in setting.items())

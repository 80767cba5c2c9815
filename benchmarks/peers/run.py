"""One peer from tuning to test, with what it cost."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from peers.prior import with_prior
from peers.tuning import Tuned, tune
from recpipe.core.known import known_before
from recpipe.evaluate import HeldOut
from recpipe.evaluate.peers.contract import Peer
from recpipe.evaluate.peers.judging import judge, test_exam, validation_exam

MAX_JUDGES = 5000
"""Users who judge a setting, at most; bounds the time and memory of tuning."""

WITH_PRIOR = ("ALS", "EASE", "ridge")


@dataclass(frozen=True)
class Result:
    """What a peer reached on the test, user by user, and what it cost. Seconds of CPU and of the wall."""

    name: str
    setting: dict[str, Any]
    on_edge: tuple[str, ...]
    tried: int
    validation_ndcg: float
    ndcg: list[float]
    recall: list[float]
    fit_cpu_seconds: float
    tune_cpu_seconds: float
    wall_seconds: float


def run_peer(peer: Peer, test: HeldOut) -> Iterator[Result]:
    """Tune on validation, fit again to all before the test, take the test; then the same with a prior.

    The prior is added to the setting found without it.
    """
    result = _run(peer, test)
    yield result
    if peer.name in WITH_PRIOR:
        yield _run(with_prior(peer, result.setting), test)


def _run(peer: Peer, test: HeldOut) -> Result:
    with _timed() as all_of_it:
        with _timed() as tuning:
            tuned = _tuned(peer, test)
        known = known_before(test.snapshot, "test")
        exam = test_exam(test, known)
        with _timed() as fitting:
            score = peer.fit(known, tuned.setting)
        judged = judge(score, exam)
    return Result(
        name=peer.name,
        setting=dict(tuned.setting),
        on_edge=tuned.on_edge,
        tried=tuned.tried,
        validation_ndcg=tuned.value,
        ndcg=judged.ndcg.round(6).tolist(),
        recall=judged.recall.round(6).tolist(),
        fit_cpu_seconds=fitting.cpu,
        tune_cpu_seconds=tuning.cpu,
        wall_seconds=all_of_it.wall,
    )


def _tuned(peer: Peer, test: HeldOut) -> Tuned:
    known = known_before(test.snapshot, "validation")
    exam = validation_exam(test, known, MAX_JUDGES)
    return tune(peer, lambda setting: float(np.mean(judge(peer.fit(known, setting), exam).ndcg)))


@dataclass
class _Cost:
    cpu: float = 0.0
    wall: float = 0.0


@contextmanager
def _timed() -> Iterator[_Cost]:
    cost, cpu, wall = _Cost(), time.process_time(), time.monotonic()
    yield cost
    cost.cpu, cost.wall = time.process_time() - cpu, time.monotonic() - wall


def as_json(result: Result) -> dict[str, Any]:
    """Return a result ready for JSON."""
    return asdict(result)

"""What the gate lets pass: pairs of models that are equal, and pairs of which one is truly better.

    python benchmarks/gate.py                 # 200 pairs each, and what the bootstrap costs
    python benchmarks/gate.py --pairs 2000

Users differ in how easy they are, and two models stumble over the same ones: each user's NDCG@10 is a list
of ten places hit by chance with the user's own probability, most of it the same chance for both models. Of
the parts that are not, one model may have more.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np

from recpipe.core.bootstrap import mean_intervals
from recpipe.core.metrics import ndcg_at_k
from recpipe.evaluate import EvaluateParams, Scores
from recpipe.evaluate.rules import judge

K = 10
SHARED = 0.6
"""How much of two models' lists is hit or missed by the same chance."""


def pair(users: int, better: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """NDCG@10 of two models, (users,) both; the first has `better` more in expectation, as a share.

    The mean is about .10, two users in three have nothing right, and the models' scores correlate by .8.
    """
    random = np.random.default_rng(seed)
    ease = random.beta(0.4, 6.0, (users, 1))
    common = random.random((users, K)) < SHARED
    hits = random.random((users, K)) < ease
    lists = []
    for more in (1 + better, 1.0):
        own = random.random((users, K)) < np.minimum(ease * (1 + (more - 1) / (1 - SHARED)), 1)
        lists.append(np.where(common, hits, own))
    counts = np.full(users, 5)
    return ndcg_at_k(lists[0], counts, K), ndcg_at_k(lists[1], counts, K)


def decisions(pairs: int, users: int, better: float, **params: float) -> Iterator[bool]:
    """Whether each challenger passes the gate, popularity lagging far behind and nothing else in its way."""
    asked = EvaluateParams(**params)
    for seed in range(pairs):
        one, other = pair(users, better, seed)
        challenger, champion, popularity = (
            Scores(name, name, K, ndcg, ndcg, 1.0)
            for name, ndcg in (("challenger", one), ("champion", other), ("popularity", other * 0.5))
        )
        rivals = {"popularity": popularity, "champion": champion}
        yield all(rule.passed for rule in judge(challenger, rivals, {}, asked))


def bootstrap_seconds(users: int = 100_000, metrics: int = 12) -> float:
    """CPU seconds of 1,000 resamples."""
    scores = np.random.default_rng(0).random((users, metrics))
    begun = time.process_time()
    mean_intervals(scores, resamples=1000)
    return time.process_time() - begun


def main() -> None:
    """Print a row for each kind of pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--users", type=int, default=5000)
    given = parser.parse_args()
    kinds: list[tuple[str, float, dict[str, float]]] = [
        ("equal", 0.0, {}),
        ("equal, confidence .8", 0.0, {"gate_confidence": 0.8}),
        ("2 % better", 0.02, {}),
        ("5 % better", 0.05, {}),
        ("5 % worse, margin 5 %", -0.05, {"gate_margin": 0.05}),
        ("equal, margin 5 %", 0.0, {"gate_margin": 0.05}),
    ]
    print(f"{given.pairs} pairs, {given.users:,} users")
    for name, better, params in kinds:
        begun = time.process_time()
        share = np.mean(list(decisions(given.pairs, given.users, better, **params)))
        print(f"{name:<24} {share:>7.1%} promoted  {time.process_time() - begun:6.1f} CPU-s")
    print(f"bootstrap, 1,000 resamples, 100,000 users, 12 metrics: {bootstrap_seconds():.1f} CPU-s")


if __name__ == "__main__":
    main()

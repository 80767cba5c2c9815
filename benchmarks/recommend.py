"""Top-k for all users: users per CPU second of recpipe's search beside others', with filters on.

    python benchmarks/recommend.py                # 10 thousand, 100 thousand and a million items
    python benchmarks/recommend.py --items 10000 --users 100000

Random vectors of 64 dimensions, k = 100. Filters: 50 seen items a user, 1 % of the items denied. Each
contender runs in a process of its own, one after the other, on the same vectors; CPU seconds are of all its
threads.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

DIMENSION, K, SEEN, DENIED = 64, 100, 50, 0.01
USERS = {10_000: 20_480, 100_000: 2_048, 1_000_000: 1_024}
"""How many users are served for so many items, unless told otherwise."""

Serve = Callable[[], np.ndarray]


class Shop:
    """Vectors, what each user has seen (users, SEEN), and which items are denied (items,) bool."""

    def __init__(self, items: int, users: int) -> None:
        random = np.random.default_rng(0)
        self.items = random.standard_normal((items, DIMENSION)).astype(np.float32)
        self.users = random.standard_normal((users, DIMENSION)).astype(np.float32)
        self.seen = random.integers(0, items, (users, SEEN))
        self.denied = random.random(items) < DENIED


def recpipe(shop: Shop) -> Serve:
    """The library's search, filters inside it."""
    from recpipe.core.ragged import Ragged
    from recpipe.core.retrieval import top_k

    # its items are numbered from 1
    vectors = np.concatenate([np.zeros((1, DIMENSION), np.float32), shop.items])
    offsets = np.arange(len(shop.users) + 1, dtype=np.int64) * SEEN
    seen = Ragged(offsets, (shop.seen.ravel() + 1).astype(np.int32))
    allowed = np.append(True, ~shop.denied)
    return lambda: top_k(shop.users, vectors, K, excluded=seen, allowed=allowed).indices - 1


def unfiltered(shop: Shop) -> Serve:
    """The library's search without filters: what they cost."""
    from recpipe.core.retrieval import top_k

    vectors = np.concatenate([np.zeros((1, DIMENSION), np.float32), shop.items])
    return lambda: top_k(shop.users, vectors, K).indices - 1


def argpartition(shop: Shop) -> Serve:
    """A matrix product, filtered, and numpy's argpartition; 64 MB of scores at a time."""
    rows = max(1, 2**24 // len(shop.items))

    def serve() -> np.ndarray:
        found = np.empty((len(shop.users), K), np.int64)
        for start in range(0, len(shop.users), rows):
            scores = shop.users[start : start + rows] @ shop.items.T
            scores[:, shop.denied] = -np.inf
            np.put_along_axis(scores, shop.seen[start : start + rows], -np.inf, axis=1)
            top = np.argpartition(scores, -K, axis=1)[:, -K:]
            order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1)
            found[start : start + rows] = np.take_along_axis(top, order, axis=1)
        return found

    return serve


def faiss_flat(shop: Shop) -> Serve:
    """An exact faiss index of the items that are not denied, asked for k + seen; the seen go then."""
    import faiss

    kept = np.flatnonzero(~shop.denied)
    index = faiss.IndexFlatIP(DIMENSION)
    index.add(shop.items[kept])

    def serve() -> np.ndarray:
        _, found = index.search(shop.users, K + SEEN)
        found = kept[found]
        stride = len(shop.items)
        rows = np.arange(len(found))[:, None] * stride
        fresh = ~np.isin(found + rows, shop.seen + rows)
        first = np.argsort(~fresh, axis=1, kind="stable")[:, :K]
        return np.take_along_axis(found, first, axis=1)

    return serve


def implicit(shop: Shop) -> Serve:
    """Implicit's own `recommend` with these vectors."""
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    model = AlternatingLeastSquares(factors=DIMENSION)
    model.user_factors, model.item_factors = shop.users, shop.items
    offsets = np.arange(len(shop.users) + 1) * SEEN
    ones = np.ones(shop.seen.size, np.float32)
    seen = csr_matrix((ones, shop.seen.ravel(), offsets), (len(shop.users), len(shop.items)))
    denied = np.flatnonzero(shop.denied)
    users = np.arange(len(shop.users))
    return lambda: model.recommend(users, seen, N=K, filter_already_liked_items=True, filter_items=denied)[0]


CONTENDERS = {each.__name__: each for each in (recpipe, unfiltered, faiss_flat, argpartition, implicit)}


def measure(name: str, items: int, users: int) -> dict[str, object]:
    """Serve all users once, after one small warm-up, and return what it took."""
    shop = Shop(items, users)
    warm = Shop(1000, 8)
    CONTENDERS[name](warm)()
    serve = CONTENDERS[name](shop)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    found = serve()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "contender": name,
        "items": items,
        "users": users,
        "users_per_cpu_second": round(users / cpu, 1),
        "users_per_second": round(users / wall, 1),
        "peak_mb": round(peak / 1024),
        "of_it_serving_mb": round((peak - before) / 1024),
        "check": int(np.sort(found[: min(users, 64)], axis=1).astype(np.int64).sum()),
    }


def main() -> None:
    """Run every contender on every size and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--items", type=int, nargs="*", default=list(USERS))
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--contenders", nargs="*", default=list(CONTENDERS))
    parser.add_argument("--one", default="", help="measure this contender in this process")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one, asked.items[0], asked.users)))
        return
    for items in asked.items:
        users = asked.users or USERS.get(items, 256)
        for name in asked.contenders:
            command = [sys.executable, __file__, "--one", name, "--items", str(items), "--users", str(users)]
            print(
                subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip(), flush=True
            )


if __name__ == "__main__":
    main()

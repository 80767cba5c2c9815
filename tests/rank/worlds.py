"""A small shop for the second stage: who takes what is known by construction, and the retrieval knows nothing."""

import numpy as np

from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from tests.tiny import TinyRecommender
from tests.train.worlds import World, parity_world, write_world

SPLIT = {"validation_from": "1970-01-09T00:00:00", "test_from": "1970-01-10T00:00:00"}
"""Of `parity_world`: eight items of train, one of validation, three of test, a day each."""
ALL = ("tower", "repeats", "own", "covisited", "ease", "popular", "categories")


def write_parity(workspace: Workspace, users: int = 40) -> Snapshot:
    """Even users take even items, odd users odd ones; categories say which is which."""
    world = parity_world(users)
    names = {f"i{item:02d}": ["even" if item % 2 == 0 else "odd"] for item in range(24)}
    return write(workspace, world, names)


def write(
    workspace: Workspace, world: World, categories: dict[str, list[str]] | None = None, name: str = "snap"
) -> Snapshot:
    """Write a world whose windows are those of SPLIT."""
    return Snapshot.open(workspace, write_world(workspace, world, name, categories or {}, SPLIT))


def guessing(snapshot: Snapshot, version: str = "mean-0") -> TinyRecommender:
    """Return a retrieval that knows the items by random vectors."""
    vectors = np.random.default_rng(3).normal(size=(snapshot.vocabulary.size + 1, 5)).astype(np.float32)
    vectors[0] = 0
    return TinyRecommender(version, "mean", snapshot.vocabulary, vectors)


def user_parity(snapshot: Snapshot, users: int) -> np.ndarray:
    """Parity of each user, (users,); ids are u00, u01, …"""
    return np.arange(users) % 2


def item_parity(snapshot: Snapshot) -> np.ndarray:
    """Parity of each item, (items + 1,), -1 for the unknown one; ids are i00, i01, …"""
    return np.array([-1, *(int(name[1:]) % 2 for name in snapshot.items().column("item_id").to_pylist())])

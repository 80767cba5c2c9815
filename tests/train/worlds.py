"""Tiny worlds whose right lists are known by construction, written as snapshots."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from recpipe.core.workspace import Workspace

DAY = 86_400_000_000
MOMENTS = ("validation", "test", "now")

Events = Sequence[tuple[str, float]]
"""Items of one user with the days on which they were taken, oldest first."""
World = Mapping[str, tuple[Events, Events, Events]]
"""For each user: train, validation and test events."""


def write_world(
    workspace: Workspace,
    world: World,
    name: str,
    categories: Mapping[str, list[str]],
    split: Mapping[str, str] | None = None,
    group_users: int = 2048,
    attributes: Mapping[str, str] | None = None,
) -> str:
    """Write a world as a snapshot; `split` changes what its manifest says of the split.

    group_users: users of a row group. attributes: JSON of what else is known of users.
    """
    known = sorted({item for parts in world.values() for part in parts[:2] for item, _ in part})
    later = sorted({item for parts in world.values() for item, _ in parts[2]} - set(known))
    index = {item: position for position, item in enumerate([*known, *later], start=1)}
    draft = workspace.snapshots.draft(name)
    told = interactions(world, index, attributes or {})
    pq.write_table(told, draft.folder / "interactions.parquet", row_group_size=group_users)
    pq.write_table(items(list(index), categories), draft.folder / "items.parquet")
    pq.write_table(item_features(world, index), draft.folder / "item_features.parquet")
    rows = {"items": len(index), "interactions": len(world)}
    parts = {"kind": "time", "test_from": "2024-01-20T00:00:00", "newest": "2024-02-20T00:00:00"}
    told = {"known_items": len(known), "event_types": ["purchase"], "rows": rows}
    draft.seal(told | {"split": parts | (split or {}), "parameters": {"min_item_events": 1}})
    workspace.snapshots.point("newest", name)
    return name


def interactions(world: World, index: Mapping[str, int], attributes: Mapping[str, str]) -> pa.Table:
    users = sorted(world)
    events = [[event for part in world[user] for event in part] for user in users]
    times = [[int(day * DAY) for _, day in each] for each in events]
    counts = np.array([[len(part) for part in world[user]] for user in users], dtype=np.int32)
    return pa.table(
        {
            "user_id": users,
            "item_indices": pa.array(
                [[index[item] for item, _ in each] for each in events], pa.list_(pa.int32())
            ),
            "event_types": pa.array([[1] * len(each) for each in events], pa.list_(pa.uint8())),
            "event_ats": pa.array(times, pa.list_(pa.timestamp("us"))),
            "train_count": counts[:, 0],
            "validation_count": counts[:, 1],
            "test_count": counts[:, 2],
            "attributes": [attributes.get(user, "{}") for user in users],
        }
    )


def items(ids: list[str], categories: Mapping[str, list[str]]) -> pa.Table:
    """Titles are ids; an item with categories has an attribute, the shelf of the first of them."""
    shelves = [json.dumps({"shelf": names[0]} if (names := categories.get(item)) else {}) for item in ids]
    return pa.table(
        {
            "item_index": pa.array(range(1, len(ids) + 1), pa.int32()),
            "item_id": ids,
            "title": ids,
            "categories": pa.array([categories.get(item, []) for item in ids], pa.list_(pa.string())),
            "attributes": shelves,
        }
    )


def item_features(world: World, index: Mapping[str, int]) -> pa.Table:
    """`recent_events` are those of the last part before the moment."""
    rows = []
    for parts, moment in enumerate(MOMENTS, start=1):
        every = [event[0] for user in world.values() for part in user[:parts] for event in part]
        recent = [event[0] for user in world.values() for event in user[parts - 1]]
        for item, position in index.items():
            users = sum(
                any(item == event[0] for part in user[:parts] for event in part) for user in world.values()
            )
            counts = {"events": every.count(item), "recent_events": recent.count(item), "users": users}
            rows.append({"item_index": position, "moment": moment} | counts)
    return pa.Table.from_pylist(rows)


def parity_world(users: int = 40, items_: int = 24) -> World:
    """Even users take even items, odd users odd ones: two thirds in train, then validation, test."""
    random = np.random.default_rng(0)
    world = {}
    for user in range(users):
        own = random.permutation(np.arange(user % 2, items_, 2))
        events = [(f"i{item:02d}", float(day)) for day, item in enumerate(own)]
        cut = 2 * len(own) // 3
        world[f"u{user:02d}"] = (events[:cut], events[cut : cut + 1], events[cut + 1 :])
    return world


def checkerboard_world(size: int = 20) -> World:
    """As black and white squares: user u has all items of its colour but item u, which is its test event.

    What the user has comes in an order of its own, the last of it as validation.
    """
    random = np.random.default_rng(0)
    world = {}
    for user in range(size):
        own = random.permutation([item for item in range(user % 2, size, 2) if item != user])
        events = [(f"i{item:02d}", float(day)) for day, item in enumerate(own)]
        world[f"u{user:02d}"] = (events[:-1], events[-1:], [(f"i{user:02d}", 50.0)])
    return world


def partner_world(users: int = 80, pairs: int = 12) -> World:
    """After a<p> comes b<p>, pairs in any order: the last a<p> stands in validation, its b<p> in test."""
    random = np.random.default_rng(0)
    world = {}
    for user in range(users):
        own = random.choice(pairs, size=6, replace=False)
        names = [f"{side}{pair:02d}" for pair in own for side in "ab"]
        events = [(name, float(day)) for day, name in enumerate(names)]
        world[f"u{user:02d}"] = (events[:-3], events[-3:-1], events[-1:])
    return world


def market_world(users: int = 12, items_: int = 15, days: int = 60) -> World:
    """Baskets of two at a time, repeats among them, in no order that means anything."""
    random = np.random.default_rng(0)
    world = {}
    for user in range(users):
        baskets = [
            (f"i{item:02d}", float(day)) for day in range(0, days, 5) for item in random.choice(items_, 2)
        ]
        world[f"u{user:02d}"] = (baskets[:-6], baskets[-6:-4], baskets[-4:])
    return world

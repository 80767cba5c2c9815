"""A simulated shop whose truth is known: events of any number, and the best possible lists beside them."""

from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any

from recpipe.collect.params import CollectParams
from recpipe.collect.sources.contract import FileReport
from recpipe.collect.staging import Staging
from recpipe.core.progress import track

TABLES = ("events", "items", "users")

TRUTH = "simulated"
"""Folder of the workspace that holds truth-items.parquet and truth-users.parquet."""

SCATTER = 7919
"""What the macro `item_name` multiplies by."""

TRUTH_USERS = 20_000
"""The best lists are written for at most so many users."""


@dataclass(frozen=True)
class World:
    """How large a shop goes with a number of events; items = categories × ranks."""

    users: int
    categories: int
    ranks: int

    @classmethod
    def of(cls, events: int, items: int = 0) -> "World":
        """Size it: some 50 events a user; `items`, or with 0 as many as go with the root of the events."""
        categories = min(200, max(5, isqrt(events) // 10))
        ranks = -(-items // categories) if items else 4 * isqrt(events) // categories
        # a multiple of the prime by which ids are scattered would give many items one id
        ranks += ranks % SCATTER == 0
        return cls(max(20, events // 50), categories, max(8, ranks))

    @property
    def items(self) -> int:
        """Number of items."""
        return self.categories * self.ranks


class Simulated:
    """Views, favourites, carts and purchases of the year 2024, made by SQL out of a seed.

    Users have latent tastes for three categories; items have a popularity within their category;
    categories have seasons; some items arrive during the year; visits come in sessions. A known share
    of the rows is bad. Equal seeds make equal rows (as long as DuckDB's hash stays the same).
    """

    incremental = False

    def __init__(self, params: CollectParams) -> None:
        """Keep `params`."""
        self._params = params
        self._world = World.of(params.simulated_events, params.simulated_items)

    def preflight(self) -> list[FileReport]:
        """See `Source`. There is nothing that could be missing."""
        return [{"table": table, "file": TRUTH, "format": TRUTH} for table in TABLES]

    def fingerprint(self) -> list[list[Any]]:
        """See `Source`."""
        params = self._params
        size = params.simulated_events, params.simulated_items
        return [[TRUTH, *size, params.simulated_bad_share, params.seed]]

    def stage(self, staging: Staging) -> list[FileReport]:
        """See `Source`. Also writes the truth into the folder `simulated` of the workspace."""
        world, seed = self._world, self._params.seed
        size: dict[str, Any] = {"items": world.items, "categories": world.categories}
        advance = track("simulating", len(TABLES), "tables")
        staging.store.run_sql("collect/simulated_world")
        staging.store.run_sql(
            "collect/simulated_events",
            rows=self._params.simulated_events,
            bad_share=self._params.simulated_bad_share,
            seed=seed,
            users=world.users,
            ranks=world.ranks,
            ingestion_id=staging.ingestion_id,
            sample=staging.sample,
            **size,
        )
        advance(1)
        staging.store.run_sql("collect/simulated_items", seed=seed, ingestion_id=staging.ingestion_id, **size)
        advance(1)
        staging.store.run_sql(
            "collect/simulated_users",
            seed=seed,
            users=world.users,
            categories=world.categories,
            ingestion_id=staging.ingestion_id,
            sample=staging.sample,
        )
        advance(1)
        self._write_truth(staging, staging.root / TRUTH)
        return self.preflight()

    def _write_truth(self, staging: Staging, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        world = self._world
        staging.store.run_sql(
            "collect/simulated_truth",
            items_file=str(folder / "truth-items.parquet"),
            users_file=str(folder / "truth-users.parquet"),
            truth_users=min(world.users, TRUTH_USERS),
            seed=self._params.seed,
            items=world.items,
            categories=world.categories,
            ranks=world.ranks,
            users=world.users,
        )

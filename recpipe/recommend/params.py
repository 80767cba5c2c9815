"""Parameters of the stage `recommend`."""

import os
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

RETENTION = frozenset({"keep", "keep_models", "keep_models_days"})
"""Parameters that decide what is kept, and no list."""


BOUNDS = ("min_coverage", "max_item_share", "min_overlap", "max_overlap")
"""Parameters that no list follows, but the check of all of them."""


class RecommendParams(BaseModel):
    """What lists are published, what may stand in them, and how many publications are kept."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    k: int = Field(20, ge=1, le=1000)
    """Length of a list; shorter where fewer items are left."""

    seen: Literal["exclude", "allow"] = "exclude"
    """Whether items that a user had are left out of the user's list."""

    seen_days: int = Field(0, ge=0, le=36_500)
    """With seen "exclude": only items had in the last so many days are left out; 0: all ever had."""

    block_refused: bool = True
    """Whether items are left out that the user's last event with them takes back (a weight of 0 or less)."""

    blocks: str = ""
    """CSV file with the columns user_id and item_id: what must not be in whose list."""

    available_at: str = ""
    """Time (ISO 8601, UTC) at which listed items must be available; empty: the snapshot's newest event."""

    allow_items: str = ""
    """Text file of item ids, one a line: only these may be in lists; empty: all."""

    deny_items: str = ""
    """Text file of item ids, one a line: none of these may be in a list."""

    allow_where: str = ""
    """Condition on an item, in SQL, e.g. "price < 100 AND attributes->>'brand' = 'Ours'"; only these may."""

    deny_where: str = ""
    """The same for items that must not be in a list, e.g. "title ILIKE '%gift card%'"."""

    categories_in: list[str] = Field([])
    """Only items of one of these categories, at any level, may be in lists; empty: all."""

    categories_out: list[str] = Field([])
    """Items of these categories, at any level, are in no list."""

    at_most: dict[str, int] = Field({})
    """Attribute -> how many items of one value a list may hold, e.g. {"category": 5, "seller": 2}.

    `category` is the top of the category path. What is over the cap makes room for what ranks deeper.
    """

    search: Literal["exact", "approximate"] = "exact"
    """How the best items are found; "approximate" by an index of faiss, faster above some 100,000 items.

    The lists then say what share of the best it found. Where repeats are mixed in, the search stays exact.
    """

    segment_attributes: list[str] = Field([])
    """Attributes of users, e.g. ["age_group"]: who has done nothing gets what is popular with those alike."""

    popularity_half_life_days: float = Field(30.0, gt=0, le=36_500)
    """Days after which an event counts half in the popular list of those of whom nothing is known."""

    new_items_share: float = Field(0.0, ge=0, le=1)
    """Share of a list's places that is kept for items the model never learned of, told by their features."""

    diversity: float = Field(0.0, ge=0, le=1)
    """How much unlikeness to what is already in the list counts against the score; 0: not at all."""

    calibration: float = Field(0.0, ge=0, le=1)
    """How much the likeness of the list's categories to the user's own mix counts; 0: not at all."""

    popularity_cap: float = Field(0.0, ge=0, le=1)
    """Share of a list's places that the most popular items may not take; 0: they may take all, 1: none.

    These are the items that together have a fifth of all events.
    """

    tradeoff_users: int = Field(200, ge=0, le=1_000_000)
    """Users of the test part that the curves of the three dials above are measured on; 0: no curves."""

    reason_events: int = Field(10, ge=0, le=100)
    """How many of a user's last different items are tried as the reason of a recommendation; 0: none.

    Each one costs encoding all users once more; where lists may hold what was had, so does each place that
    does. Where none is a reason, a category that the user had may be.
    """

    variants: dict[str, int] = Field({})
    """Variant -> percent of the users, e.g. {"champion": 90, "challenger": 10}; empty: the champion for all.

    `challenger` is the newest model version, `popularity` the bar; any other is the name of a version.
    """

    bucket_key: str = "recpipe"
    """Key of the hash that deals users to variants and draws what is explored; another deals anew."""

    explore_share: float = Field(0.0, ge=0, le=0.5)
    """Share of the lists that are drawn by chance, so that clicks can tell of other models later."""

    explore_among: int = Field(100, ge=1, le=1000)
    """How many of a user's best items (at least k) such a list is drawn from."""

    min_coverage: float = Field(0.0, ge=0, le=1)
    """Lists are refused if less than this share of the items that can be had is in any of them."""

    max_item_share: float = Field(1.0, gt=0, le=1)
    """Lists are refused if one item is in more than this share of them."""

    min_overlap: float = Field(0.0, ge=0, le=1)
    """Lists are refused if a smaller share of their places was in the user's published list before."""

    max_overlap: float = Field(1.0, ge=0, le=1)
    """Lists are refused if a greater share of their places was; 1: lists may stay what they were."""

    keep: int = Field(3, ge=1, le=1000)
    """How many publications, and how many snapshots, are kept; models that they need are kept too."""

    keep_models: int = Field(3, ge=0, le=1000)
    """How many of the newest model versions are kept beside those in use, champion or not.

    In use are champion, the one before it, the newest, popularity, and what made a kept publication.
    """

    keep_models_days: int = Field(90, ge=0)
    """Days after which a model version that is not in use goes all the same."""

    def files(self) -> dict[str, str]:
        """Return the files that are read, by parameter: their content decides the lists too."""
        named = {name: getattr(self, name) for name in ("blocks", "allow_items", "deny_items")}
        return {name: path for name, path in named.items() if path}

    def bounds(self) -> dict[str, float]:
        """Return the bounds that the lists as a whole are checked against."""
        return {name: getattr(self, name) for name in BOUNDS}

    @field_validator("blocks", "allow_items", "deny_items")
    @classmethod
    def _absolute(cls, path: str) -> str:
        """Make the path absolute while the working directory is still the caller's; kernels have another."""
        return os.path.abspath(os.path.expanduser(path)) if path else ""  # noqa: PTH100, PTH111

    @field_validator("available_at")
    @classmethod
    def _is_a_time(cls, time: str) -> str:
        if time:
            try:
                datetime.fromisoformat(time)
            except ValueError:
                raise ValueError(f"{time!r} is no time; use the like of 2026-12-24T18:00") from None
        return time

    @field_validator("allow_where", "deny_where")
    @classmethod
    def _one_condition(cls, condition: str) -> str:
        if ";" in condition:
            raise ValueError(f"one condition without ';' is wanted; got {condition!r}")
        return condition.strip()

    @field_validator("variants")
    @classmethod
    def _adds_up(cls, percents: dict[str, int]) -> dict[str, int]:
        told = ", ".join(f"{name} {percent}" for name, percent in percents.items())
        if percents and (sum(percents.values()) != 100 or min(percents.values()) < 1):
            raise ValueError(f"variants have 1 percent or more each and add up to 100; got {told}")
        return percents

    @field_validator("at_most")
    @classmethod
    def _at_least_one(cls, caps: dict[str, int]) -> dict[str, int]:
        for name, number in caps.items():
            if not 1 <= number <= 1000:
                raise ValueError(f"a list may hold 1 to 1,000 items of one {name}; got {number}")
        return caps

    @model_validator(mode="after")
    def _days_of_what_is_excluded(self) -> "RecommendParams":
        if self.seen_days and self.seen == "allow":
            raise ValueError('seen_days is for seen "exclude"; with "allow" nothing seen is left out')
        return self

    @model_validator(mode="after")
    def _one_use_of_the_places(self) -> "RecommendParams":
        if self.new_items_share and self.is_reranked:
            raise ValueError("new_items_share keeps places by score; use it, or diversity and calibration")
        return self

    @property
    def is_reranked(self) -> bool:
        """Whether anything but the score decides the order."""
        return self.diversity > 0 or self.calibration > 0

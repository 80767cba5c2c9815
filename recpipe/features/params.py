"""Parameters of the stage `features`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class FeaturesParams(BaseModel):
    """How the snapshot is split and what is said about users and items."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    split: Literal["time", "last-event"] = "time"
    """What is held out: the newest share of all events, or each user's last event (or basket at one time)."""

    test_share: float = Field(0.1, gt=0, lt=0.5)
    """Share of all events that are the test part, the newest in time; split time only."""

    validation_share: float = Field(0.1, gt=0, lt=0.5)
    """Share of all events that are the validation part, just before the test part; split time only."""

    min_item_events: int = Field(1, ge=1, le=1_000_000)
    """Events before the test part (for a refit: up to now) that an item needs to be known to models."""

    half_life_days: float = Field(30.0, gt=0, le=36_500)
    """Days after which an event counts half in a user's interests."""

    interest_count: int = Field(5, ge=1, le=100)
    """Categories kept as a user's interests, strongest first."""

    recent_days: int = Field(30, ge=1, le=36_500)
    """Days before a moment whose events are an item's recent events."""

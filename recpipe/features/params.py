"""Parameters of the stage `features`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

LEAST_WEIGHT, MOST_WEIGHT = 0.001, 1_000


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

    event_weights: dict[str, float] = Field({})
    """Weight of each type of event as a right answer, e.g. {"view": 1, "purchase": 5}; 1 where not named.

    A weight of 0 or less, e.g. for returns, takes back what the user did with the item before.
    """

    interest_count: int = Field(5, ge=1, le=100)
    """Categories kept as a user's interests, strongest first."""

    recent_days: int = Field(30, ge=1, le=36_500)
    """Days before a moment whose events are the recent events of an item or a user."""

    category_levels: int = Field(3, ge=1, le=10)
    """Levels of the category path, from the top, at which a user's interests are told."""

    session_gap_minutes: int = Field(30, ge=1, le=525_600)
    """Minutes without an event after which a user's next event opens a new session."""

    view_type: str = Field("view", min_length=1)
    """Type of event that is a view, for an item's conversion; none where no event is of it."""

    purchase_type: str = Field("purchase", min_length=1)
    """Type of event that is a purchase, for an item's conversion."""

    drift_bound: float = Field(0.2, gt=0, le=100)
    """Population stability index of a feature, against the champion's snapshot, over which a run warns."""

    segments: dict[str, str] = Field({})
    """Named groups of users, each a condition on the user features in SQL, e.g. {"new": "events < 5"}.

    No two may fit one user; `recpipe features` lists the user features.
    """

    @field_validator("segments")
    @classmethod
    def _one_condition_each(cls, segments: dict[str, str]) -> dict[str, str]:
        for name, rule in segments.items():
            if not name.strip() or not rule.strip() or ";" in rule:
                raise ValueError(
                    f"the segment {name!r} needs a name and one condition, without ';'; got {rule!r}"
                )
        return segments

    @field_validator("event_weights")
    @classmethod
    def _within_bounds(cls, weights: dict[str, float]) -> dict[str, float]:
        for name, weight in weights.items():
            if not (-MOST_WEIGHT <= weight <= 0 or LEAST_WEIGHT <= weight <= MOST_WEIGHT):
                raise ValueError(
                    f"the weight of {name!r} must be from {LEAST_WEIGHT} to {MOST_WEIGHT:,}, or, for what "
                    f"takes back, from -{MOST_WEIGHT:,} to 0; got {weight}"
                )
        return weights

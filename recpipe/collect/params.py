"""What can be set about collecting: each parameter once, with its bounds and its meaning."""

import os
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.config import JsonDict

from recpipe.core.addresses import PASSWORD_FREE, refuse_password

NO_PASSWORD: JsonDict = {"pattern": PASSWORD_FREE}
"""So that Prefect's form refuses a password too, and its server keeps none."""

REASONS = (
    "any",
    *(f"no {name}" for name in ("user_id", "item_id", "timestamp", "JSON object")),
    *(f"unreadable {name}" for name in ("timestamp", "value", "event_order")),
    *(f"unreadable {name}" for name in ("price", "available_from", "available_until")),
    "before collect.earliest",
    "in the future",
    "unknown event_type",
    "absurd value",
    "too few columns",
    "too many columns",
    "wrong quoting",
    "not in the encoding of the file",
    "longer than 2 MB",
    "no purchase with this coupon",
)
"""Why rows go to the quarantine; those of items and users have `items: ` or `users: ` before."""

SOURCES = {
    "complete-journey": "complete_journey:CompleteJourney",
    "files": "files:Files",
    "movielens": "movielens:MovieLens",
    "simulated": "simulated:Simulated",
    "sql": "sql:Sql",
}
"""The sources: name -> file in `recpipe/collect/sources`, and class. A row here makes a source one."""

if TYPE_CHECKING:
    SourceName = str
else:
    SourceName = Literal[("remembered", *SOURCES)]


class CollectParams(BaseModel):
    """Parameters of the stage `collect`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True)

    source: SourceName = "remembered"
    """Where the data come from; `remembered` is what this workspace used last."""
    events: str = Field("", json_schema_extra=NO_PASSWORD)
    """Source `files`: path, folder, glob or address (s3://, gs://, az://, https://); several by comma.

    Parquet, CSV, TSV or NDJSON; text may be compressed (.gz, .zst).
    """
    items: str = Field("", json_schema_extra=NO_PASSWORD)
    """Source `files`: the same of items (item_id, title, categories, any attributes); may be empty."""
    users: str = Field("", json_schema_extra=NO_PASSWORD)
    """Source `files`: the same of users (user_id, any attributes); may be empty."""
    columns: dict[str, str] = Field({})
    """Source `files`: our name of a column -> its name in your files, e.g. timestamp -> created_at."""
    delimiter: str = Field("auto", pattern=r"^(auto|tab|\\t|[^\r\n\"])$")
    """Source `files`: character between the values of a CSV line, or `tab`; `auto` looks at the header."""
    encoding: Literal["auto", "utf-8", "utf-16", "latin-1"] = "auto"
    """Source `files`: character encoding of CSV, TSV and NDJSON files; `auto` looks at the first bytes."""
    timestamp_format: str = Field("auto", min_length=1, max_length=64)
    """Source `files`: `iso`, `epoch-s`, `-ms`, `-us`, `-ns`, a pattern like %d.%m.%Y, or `auto`."""
    time_zone: str = "UTC"
    """Zone of times that tell none, e.g. Europe/Berlin; an hour that occurs twice is the later one."""
    event_types: dict[str, str] = Field({})
    """Their name of an event type -> ours, e.g. pv -> view; rows without a type are called `event`."""
    sample: float = Field(1.0, gt=0, le=1)
    """Share of the users whose events are read, the same users every time; 1 reads all."""
    earliest: str = "1971-01-01"
    """Events before this day (UTC) go to the quarantine; earlier ones mostly are a mistaken unit or a 0."""
    future_hours: float = Field(24.0, ge=0, le=876_000)
    """Events later than so many hours from now go to the quarantine."""
    known_types: list[str] = Field([])
    """Types of event that are taken; rows of others go to the quarantine. Empty takes every type."""
    value_limit: float = Field(1e12, gt=0)
    """Rows whose value is larger than this, or smaller than its negative, go to the quarantine."""
    stop_shares: dict[str, float] = Field({})
    """Reason of quarantine -> share of the rows above which collect stops; below it, it warns.

    `any` is all reasons of events together: 0.5 unless given. Under 100 rows nothing stops.
    """
    fresh_days: float = Field(0.0, ge=0, le=36_500)
    """Days after which the newest event of a reading is stale, which is warned of; 0 does not look."""
    late_days: float = Field(3.0, ge=0, le=36_500)
    """New events older than the newest one before by more than so many days are counted as late.

    They are taken in nevertheless. A source that is asked for news only is asked so many days back.
    """
    max_events_per_day: int = Field(10_000, ge=0, le=1_000_000_000)
    """Users with more events on one day (UTC) are set aside as bots, until the bound is raised; 0: nobody."""
    keep_days: int = Field(0, ge=0, le=36_500)
    """Events older than so many days from now are neither taken in nor kept; 0 keeps all."""
    database: str = Field("", json_schema_extra=NO_PASSWORD)
    """Source `sql`: address, e.g. postgresql://shop:${SHOP_PASSWORD}@HOST/NAME, mysql://…, sqlite:///PATH.

    ${NAME} is taken from the environment when the database is opened, and written nowhere.
    """
    events_query: str = ""
    """Source `sql`: a SELECT of events between :since and :until, which are times in `time_zone`."""
    items_query: str = ""
    """Source `sql`: a SELECT of items; may be empty."""
    users_query: str = ""
    """Source `sql`: a SELECT of users; may be empty."""
    movielens: Literal["100k", "1m", "10m", "20m", "32m", "latest-small"] = "latest-small"
    """Source `movielens`: the release."""
    favourite_from: float = Field(4.0, ge=0, le=6)
    """Source `movielens`: ratings from this value on are of the type `favourite`, lower ones `rating`."""
    downloads: str = ""
    """Source `movielens`: folder that keeps what was fetched; empty: the user's cache."""
    coupons: bool = False
    """Source `complete-journey`: redeemed coupons are events too, of the type `coupon`."""
    simulated_events: int = Field(100_000, ge=1_000, le=100_000_000)
    """Source `simulated`: how many rows are made."""
    simulated_items: int = Field(0, ge=0, le=10_000_000)
    """Source `simulated`: how many items its shop has, at least; 0: as many as suit the rows."""
    simulated_bad_share: float = Field(0.01, ge=0, le=0.5)
    """Source `simulated`: share of the rows that are made unusable on purpose."""
    seed: int = Field(1, ge=0, le=2**31 - 1)
    """Source `simulated`: equal seeds make equal data."""

    @field_validator("earliest")
    @classmethod
    def _is_day(cls, day: str) -> str:
        date.fromisoformat(day)
        return day

    @field_validator("stop_shares")
    @classmethod
    def _are_shares_of_reasons(cls, shares: dict[str, float]) -> dict[str, float]:
        for reason, share in shares.items():
            if reason.removeprefix("items: ").removeprefix("users: ") not in REASONS:
                raise ValueError(f"there is no reason {reason!r}; choose from: {', '.join(REASONS)}")
            if not 0 <= share <= 1:
                raise ValueError(f"the share of {reason!r} must be from 0 to 1; got {share}")
        return shares

    @field_validator("events", "items", "users")
    @classmethod
    def _absolute(cls, patterns: str) -> str:
        """Make paths absolute while the working directory is still the caller's; kernels have another."""
        refuse_password(patterns, "let its driver find it: in the environment, ~/.netrc or its own settings")
        whole = os.path.isfile(os.path.expanduser(patterns))  # noqa: PTH111, PTH113
        paths = [patterns] if whole else [path.strip() for path in patterns.split(",")]
        return ",".join(_absolute(path.removeprefix("file://")) for path in paths if path)

    @field_validator("downloads")
    @classmethod
    def _absolute_folder(cls, path: str) -> str:
        return _absolute(path) if path else ""

    @field_validator("database")
    @classmethod
    def _absolute_database(cls, address: str) -> str:
        """Make the path of an SQLite file absolute, as those of other files are."""
        refuse_password(address, "put it into a variable of the environment and write ${NAME} in its place")
        scheme, separator, path = address.partition(":///")
        is_file = scheme.partition("+")[0] == "sqlite" and path and not path.startswith(("/", ":", "file:"))
        return f"{scheme}{separator}{_absolute(path)}" if is_file else address

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        """Refuse a name that the time zone database does not have."""
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            near = [*get_close_matches(name, available_timezones(), 1), "Europe/Berlin"][0]
            raise ValueError(f"there is no time zone {name!r}; use the like of {near}") from None
        return name


def _absolute(path: str) -> str:
    return path if "://" in path else os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111

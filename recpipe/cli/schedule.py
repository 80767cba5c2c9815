"""When runs start by themselves, and what happens when two would run at once: options and [schedule]."""

from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator


class ScheduleOptions(BaseModel):
    """When runs start by themselves."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    cron: str = ""
    """When runs start by themselves: minute hour day month weekday, e.g. "0 3 * * *".

    Empty keeps what the UI shows; `off` takes the schedule away.
    """

    timezone: str = ""
    """Where the clock of `cron` hangs, e.g. Europe/Berlin; empty: this machine's time zone."""

    overlap: Literal["enqueue", "cancel-new"] = "enqueue"
    """What a run does that would start while another one works on the workspace."""

    quiet_minutes: float = Field(5.0, ge=0, le=1_440)
    """New data start a run so many minutes after the first word of them, and no second one before."""

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, cron: str) -> str:
        if cron and cron != "off":
            check_cron(cron)
        return cron

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        if name:
            check_timezone(name)
        return name

    def zone(self) -> str:
        """Return the IANA name of the time zone meant."""
        return self.timezone or local_timezone()


def check_cron(cron: str) -> None:
    """Raise ValueError unless `cron` is five fields that name a time to come."""
    from cronsim import CronSim, CronSimError

    hint = 'five fields are minute hour day month weekday, e.g. "0 3 * * *" for every night at three'
    if len(cron.split()) != 5:
        raise ValueError(f"{len(cron.split())} fields instead of 5; {hint}")
    try:
        next(CronSim(cron, datetime.now(UTC)))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"{str(error) or 'never comes'}; {hint}") from None


def check_timezone(name: str) -> None:
    """Raise ValueError unless the time zone database has `name`."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        near = [*get_close_matches(name, available_timezones(), 1), "Europe/Berlin"][0]
        raise ValueError(f"there is no time zone {name!r}; use the like of {near}") from None


def local_timezone() -> str:
    """Return the IANA name of this machine's time zone; "UTC" where it has none."""
    from tzlocal import get_localzone_name

    try:
        return get_localzone_name() or "UTC"
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"

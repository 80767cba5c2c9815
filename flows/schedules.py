"""Which schedule a deployment gets when it is served again: what the UI shows, unless asked otherwise."""

from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.schedules import CronSchedule


@dataclass(frozen=True)
class Asked:
    """The schedule that `recpipe up` was asked for; `cron` "" for nothing said, "off" for none."""

    cron: str
    timezone: str


@dataclass(frozen=True)
class Chosen:
    """The schedules to register, and a line that tells them."""

    schedules: list[DeploymentScheduleCreate]
    told: str


def choose(asked: Asked, before: Asked, shown: list[DeploymentSchedule] | None) -> Chosen:
    """Choose between what was asked for and what the UI shows.

    before: what was asked for last time; shown: the schedules of the deployment as it is, None for a
    new one. What is asked for anew wins; else what the UI shows stays, since it may have been changed there.
    """
    if asked.cron and (asked != before or shown is None):
        if asked.cron == "off":
            return Chosen([], "none")
        new = CronSchedule(cron=asked.cron, timezone=asked.timezone)
        return Chosen(
            [DeploymentScheduleCreate(schedule=new, active=True)], f"by itself at {_named(new, True)}"
        )
    names = ", ".join(_named(one.schedule, bool(one.active)) for one in shown or ())
    if asked.cron and names != f"{asked.cron!r} ({asked.timezone})":
        return Chosen(kept(shown), f"as the UI has it: {names or 'none'}; another --cron replaces it")
    return Chosen(
        kept(shown),
        f"by itself at {names}" if names else "none; --cron or the page of the deployment sets one",
    )


def kept(shown: list[DeploymentSchedule] | None) -> list[DeploymentScheduleCreate]:
    """Return the schedules of a deployment as they are: serving it anew drops what is not given again."""
    return [
        DeploymentScheduleCreate(
            schedule=one.schedule, active=one.active, parameters=one.parameters or {}, slug=one.slug
        )
        for one in shown or ()
    ]


def _named(schedule: Any, active: bool) -> str:
    what = (
        schedule.cron if isinstance(schedule, CronSchedule) else schedule.model_dump_json(exclude_none=True)
    )
    return f"{what!r} ({schedule.timezone or 'UTC'})" + ("" if active else ", paused")

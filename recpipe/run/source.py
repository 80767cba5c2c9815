"""What a workspace remembers: its source, and what the tables hold."""

import logging
from typing import TypeVar

from pydantic import BaseModel

from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace

logger = logging.getLogger("recpipe.run")

P = TypeVar("P", bound=BaseModel)

UNSET = "remembered"
"""The source that means: what this workspace used last."""

REMEMBERED = (
    "source",
    "events",
    "items",
    "users",
    "columns",
    "delimiter",
    "encoding",
    "timestamp_format",
    "time_zone",
    "event_types",
    "earliest",
    "future_hours",
    "known_types",
    "value_limit",
    "stop_shares",
    "fresh_days",
    "late_days",
    "max_events_per_day",
    "keep_days",
    "database",
    "events_query",
    "items_query",
    "users_query",
    "movielens",
    "favourite_from",
    "downloads",
    "coupons",
    "simulated_events",
    "simulated_bad_share",
    "seed",
)
"""Parameters of collect that say what the source is, how to read it and what to keep; the workspace's own."""


def with_remembered_source(params: P, workspace: Workspace) -> P:
    """Fill what was not given in `params` from what the workspace remembers.

    What was given stays, also where it equals the default; another source than the remembered one is
    taken as it is. Raises ParameterError where there is neither, since a wrong default would pollute
    the data.
    """
    remembered = workspace.read_settings().get("source", {})
    source = getattr(params, "source", UNSET)
    if source == UNSET and not remembered:
        raise ParameterError(
            f"{workspace.root}: a new workspace needs a source",
            "Add --source complete-journey for the sample data or --source files --events PATH for your own.",
        )
    if source not in {UNSET, remembered.get("source")}:
        return params
    given = _given(params)
    return params.model_copy(
        update={name: remembered[name] for name in REMEMBERED if name in remembered and name not in given}
    )


def _given(params: BaseModel) -> set[str]:
    """Return the names that were given a value.

    A parameters cell and the form in Prefect's UI give all of them. Where such a form leaves the source
    to the workspace, what it holds at its default was not meant.
    """
    fields = type(params).model_fields
    is_form = params.model_fields_set == set(fields) and getattr(params, "source", UNSET) == UNSET
    if not is_form:
        return params.model_fields_set - ({"source"} if getattr(params, "source", UNSET) == UNSET else set())
    return {name for name, field in fields.items() if getattr(params, name) != field.default}


def warn_of_mixing(params: BaseModel, workspace: Workspace) -> None:
    """Log a warning if the workspace holds data of another source: both will be in its tables."""
    held = workspace.read_settings().get("source", {}).get("source", "")
    source = getattr(params, "source", "")
    if held and source != held and workspace.database.exists():
        logger.warning(
            "warning: %s holds data of source %s; those of %s are merged into them. "
            "Another --workspace keeps them apart.",
            workspace.root,
            held,
            source,
        )


def forget_data(workspace: Workspace) -> None:
    """Note that a collect has begun, or has to run: until it ends, what the tables hold is not known."""
    workspace.write_settings(workspace.read_settings() | {"collecting": True})


def rename_data(workspace: Workspace, data: str) -> None:
    """Note that the tables hold other data than the last collect left, under the id `data`."""
    settings = workspace.read_settings()
    if settings.get("data"):
        workspace.write_settings(settings | {"data": data})


def remember_data(workspace: Workspace, params: BaseModel, data: str) -> None:
    """Note that a collect has ended well, with the source it read and the id of the data."""
    values = params.model_dump(mode="json")
    source = {name: values[name] for name in REMEMBERED if name in values}
    workspace.write_settings(
        workspace.read_settings() | {"collecting": False, "source": source, "data": data}
    )

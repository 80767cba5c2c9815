"""What a workspace remembers: its source, and what the tables hold."""

from typing import TypeVar

from pydantic import BaseModel

from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace

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
    "simulated_events",
    "simulated_bad_share",
    "seed",
)
"""Parameters of collect that say what the source is and how to read it; they belong to the workspace."""


def with_remembered_source(params: P, workspace: Workspace) -> P:
    """Fill what `params` leave at its default from what the workspace remembers.

    Another source than the remembered one is taken as given. Raises ParameterError where there is
    neither, since a wrong default would pollute the data.
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
    fields = type(params).model_fields
    unset = [name for name in REMEMBERED if name in fields and getattr(params, name) == fields[name].default]
    return params.model_copy(update={name: remembered[name] for name in unset if name in remembered})


def forget_data(workspace: Workspace) -> None:
    """Note that a collect has begun: until it ends, what the tables hold is not known."""
    workspace.write_settings(workspace.read_settings() | {"collecting": True})


def remember_data(workspace: Workspace, params: BaseModel, data: str) -> None:
    """Note that a collect has ended well, with the source it read and the id of the data."""
    values = params.model_dump(mode="json")
    source = {name: values[name] for name in REMEMBERED if name in values}
    workspace.write_settings(
        workspace.read_settings() | {"collecting": False, "source": source, "data": data}
    )

"""Parameters of the stage `recommend`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RecommendParams(BaseModel):
    """What lists are published, and how many publications are kept."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    k: int = Field(20, ge=1, le=1000)
    """Length of a list; shorter where fewer items are left."""

    seen: Literal["exclude", "allow"] = "exclude"
    """Whether items a user ever had are left out of the user's list."""

    keep: int = Field(3, ge=1, le=1000)
    """How many publications, and how many snapshots, are kept; models that they need are kept too."""

"""Parameters of the stage `evaluate`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EvaluateParams(BaseModel):
    """How models are scored before one of them becomes champion."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    k: int = Field(10, ge=1, le=1000)
    """Length of the lists that are scored: NDCG@k and recall@k."""

    seen: Literal["exclude", "allow"] = "exclude"
    """Whether items a user had before the test are left out of the lists and of the right answers.

    It does not reach training, whose judges of an epoch always leave out what a user has seen.
    """

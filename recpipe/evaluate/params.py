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

    gate_confidence: float = Field(0.95, gt=0, lt=1)
    """How sure the gate must be: the confidence of its intervals (bootstrap over the users of the test).

    Of challengers no better than what they must beat, a share of (1 - confidence) / 2 is promoted by chance.
    """

    gate_margin: float = Field(0.0, ge=0, lt=1)
    """How far behind the champion a challenger may be, as a share of the champion's NDCG@k.

    With 0 it must be surely better. Above 0, newer weights that are surely not worse by more take over, too;
    many such steps may lead down.
    """

    gate_segment_drop: float = Field(0.1, ge=0, le=1)
    """How far behind popularity and the champion it may be in a group of users, as a share of their NDCG@k.

    It is refused only where its whole interval lies below.
    """

    gate_coverage: float = Field(0.5, ge=0, le=1)
    """How much of the champion's catalogue coverage (popularity's where there is none) its lists must keep.

    A model that has collapsed to the same few items for everybody loses far more.
    """

    gate_full_lists: float = Field(0.95, ge=0, le=1)
    """Share of its lists that must be as long as they could be: k, or all that is left to recommend."""

    min_segment: int = Field(20, ge=1)
    """Smallest group of users that is judged by itself: fewer prove little, and could be recognised."""

    metric: Literal["ndcg", "recall", "mrr", "hit_rate"] = "ndcg"
    """What segments and plots are told in, at k; the gate always compares NDCG."""

    peers_cpu_seconds: float = Field(60.0, ge=0)
    """What the peers of the bench card (item-kNN, ALS, EASE) may cost, as the size of the data lets expect.

    A peer that would cost more is left out and named; what is left over tries several settings on the
    validation part. 0 fits none.
    """

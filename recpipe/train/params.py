"""Parameters of the stage `train`, each with its bounds and its meaning.

What may be "auto" adapts to the data by the rules of `train/adapt.py`; `train/settings.py` is what they give.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Auto = Literal["auto"]


class TrainParams(BaseModel):
    """Parameters of the stage `train`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    encoder: Literal["auto", "id", "mean", "cnn", "gru", "attention"] = "auto"
    """How a user becomes a vector: `id` learned for each user, the others from the history."""
    loss: Literal["auto", "softmax", "sampled_softmax", "bce"] = "auto"
    """What targets are told from: all items, a sample, one by one; auto: all items where they are few."""
    negatives: int = Field(512, ge=1, le=65_536)
    """Items of a step's targets, and as many of all items, that all its queries have as negatives."""
    layers: int = Field(2, ge=1, le=12)
    """Blocks of encoder `attention`."""
    heads: int = Field(2, ge=1, le=16)
    """Heads of each block of encoder `attention`; they share the dimension."""
    dimension: int = Field(64, ge=2, le=512)
    """Length of the user and item vectors."""
    max_history: Annotated[int, Field(ge=1, le=5000)] | Auto = "auto"
    """How many of a user's latest events the query tower sees."""
    same_time: Literal["auto", "basket", "sequence"] = "auto"
    """Events of one user at one time: a basket that must not see itself, or a sequence in real order."""
    window_days: Annotated[float, Field(ge=0, le=365)] | Auto = "auto"
    """What a query should foresee: all that the user does in so many days; 0 means the next moment only."""
    targets: Literal["auto", "new", "all"] = "auto"
    """Which events count as targets: only items new to the user, or repeats too."""
    targets_per_query: Annotated[int, Field(ge=1, le=256)] | Auto = "auto"
    """How many targets are drawn from a query's window in one step."""
    repeats: Literal["auto", "on", "off"] = "auto"
    """Whether a model of what users take again is trained beside the towers; auto: where they often do."""
    half_life_days: Annotated[float, Field(gt=0, le=100_000)] | Auto = "auto"
    """A query this much older than the newest is drawn half as often: tastes and assortments change."""
    recent_days: int = Field(30, ge=1, le=100_000)
    """An item's bias starts at how many users had it in so many days before the validation part."""
    latest_days: int = Field(7, ge=1, le=100_000)
    """A second, shorter time: how many users had an item in so many days weighs in beside `recent_days`."""
    recency: Literal["fitted", "learned"] = "fitted"
    """Whether what popularity weighs is fitted on the validation part only, or learned in training, too."""
    epochs: Annotated[int, Field(ge=1, le=1000)] | Auto = "auto"
    """How often the training queries are passed through at most."""
    batch_size: Annotated[int, Field(ge=1, le=65_536)] | Auto = "auto"
    """Queries in one step; their targets are each other's negatives."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] | Auto = "auto"
    """Step size of Adam at its highest; it falls to a tenth along half a cosine."""
    warmup_share: float = Field(0.05, ge=0, lt=1)
    """Share of the planned steps in which the step size rises from 0."""
    dropout: Annotated[float, Field(ge=0, lt=1)] | Auto = "auto"
    """Share of history entries, hidden units and users' attributes left out of a training step."""
    id_dropout: Annotated[float, Field(ge=0, lt=1)] | Auto = "auto"
    """Share of items whose id is hidden in a training step, so that their categories learn to stand in."""
    use_categories: bool = True
    """Whether an item's categories, each level of the path, are part of its vector."""
    use_attributes: bool = True
    """Whether an item's attributes, names and numbers, are part of its vector."""
    use_titles: bool = True
    """Whether the words of an item's title are part of its vector."""
    use_user_attributes: bool = True
    """Whether a user's attributes, names and numbers, are part of the query vector, beside the history."""
    svd_start: bool | Auto = "auto"
    """Whether items' ids start as the singular vectors of who had what, so that users' likes are near."""
    patience: Annotated[int, Field(ge=1, le=1000)] | Auto = "auto"
    """Epochs without a better validation NDCG@10 after which training ends."""
    warm_start: Literal["auto", "on", "off"] = "off"
    """Whether training goes on from the champion's weights, in fewer epochs; auto: where that can be."""
    max_minutes: float = Field(10_080.0, gt=0, le=10_080)
    """Wall time after which training ends with the best weights so far; the default, a week, means none."""
    max_cpu_seconds: float = Field(10_000_000.0, gt=0, le=10_000_000)
    """CPU time after which training ends with the best weights so far; the default means none."""
    validation_users: int = Field(5000, ge=1, le=10_000_000)
    """At most so many users, drawn once, judge after each epoch; fewer where items are above 200,000."""
    refit: bool = True
    """Whether a champion is trained once more on everything up to now, as many epochs, to make the lists."""
    sample: float = Field(1.0, gt=0, le=1)
    """Share of users trained on; less is faster while editing."""
    seed: int = Field(1, ge=0, le=2**31 - 1)
    """Same snapshot, parameters, seed and machine: same weights."""

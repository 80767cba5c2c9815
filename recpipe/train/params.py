"""What can be set about training: each parameter once, with its bounds and its meaning."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TrainParams(BaseModel):
    """Parameters of the stage `train`."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    encoder: Literal["id", "mean", "cnn", "gru", "attention"] = "mean"
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
    max_history: int = Field(200, ge=1, le=5000)
    """How many of a user's latest events the query tower sees (encoder `mean`)."""
    same_time: Literal["basket", "sequence"] = "basket"
    """Events of one user at one time: a basket that must not see itself, or a sequence in real order."""
    window_days: float = Field(14.0, ge=0, le=365)
    """What a query should foresee: all that the user does in so many days; 0 means the next moment only."""
    targets: Literal["new", "all"] = "new"
    """Which events count as targets: only items new to the user, or repeats too."""
    targets_per_query: int = Field(8, ge=1, le=256)
    """How many targets are drawn from a query's window in one step."""
    repeats: Literal["auto", "on", "off"] = "auto"
    """Whether a model of what users take again is trained beside the towers; auto: where they often do."""
    half_life_days: float = Field(90.0, gt=0, le=100_000)
    """A query this much older than the newest is drawn half as often: tastes and assortments change."""
    recent_days: int = Field(30, ge=1, le=100_000)
    """An item's bias starts at how many users had it in so many days before the validation part."""
    epochs: int = Field(5, ge=1, le=1000)
    """How often the training queries are passed through at most."""
    batch_size: int = Field(128, ge=1, le=65_536)
    """Queries in one step; their targets are each other's negatives."""
    learning_rate: float = Field(1e-3, gt=0, le=1)
    """Step size of Adam at its highest; it falls to a tenth along half a cosine."""
    warmup_share: float = Field(0.05, ge=0, lt=1)
    """Share of the planned steps in which the step size rises from 0."""
    dropout: float = Field(0.7, ge=0, lt=1)
    """Share of history entries, and of hidden units, left out of a training step."""
    id_dropout: float = Field(0.4, ge=0, lt=1)
    """Share of items whose id is hidden in a training step, so that their categories learn to stand in."""
    use_categories: bool = True
    """Whether an item's categories, each level of the path, are part of its vector."""
    use_attributes: bool = True
    """Whether an item's attributes, names and numbers, are part of its vector."""
    use_titles: bool = True
    """Whether the words of an item's title are part of its vector."""
    svd_start: bool = False
    """Whether items' ids start as the singular vectors of who had what, so that users' likes are near."""
    patience: int = Field(2, ge=1, le=1000)
    """Epochs without a better validation NDCG@10 after which training ends."""
    max_minutes: float = Field(10_080.0, gt=0, le=10_080)
    """Wall time after which training ends with the best weights so far; the default, a week, means none."""
    max_cpu_seconds: float = Field(10_000_000.0, gt=0, le=10_000_000)
    """CPU time after which training ends with the best weights so far; the default means none."""
    validation_users: int = Field(5000, ge=1, le=10_000_000)
    """At most so many users, drawn once, judge the model after each epoch."""
    refit: bool = True
    """Whether a champion is trained once more on everything up to now, as many epochs, to make the lists."""
    sample: float = Field(1.0, gt=0, le=1)
    """Share of users trained on; less is faster while editing."""
    seed: int = Field(1, ge=0, le=2**31 - 1)
    """Same snapshot, parameters, seed and machine: same weights."""

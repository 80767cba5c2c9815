"""The parameters of a training with nothing left open: what `adapt` makes of those that were given."""

from typing import ClassVar, Literal

from recpipe.train.params import TrainParams


class Settings(TrainParams):
    """`TrainParams` with nothing left to adapt; the defaults are those for baskets, see `adapt`."""

    LEFT_OPEN: ClassVar = ("loss", "repeats", "warm_start")
    """What stays "auto" until what it depends on is known: items, validation part, champion."""

    encoder: Literal["id", "mean", "cnn", "gru", "attention"] = "mean"
    max_history: int = 200
    same_time: Literal["basket", "sequence"] = "basket"
    window_days: float = 14.0
    targets: Literal["new", "all"] = "new"
    targets_per_query: int = 8
    half_life_days: float = 90.0
    epochs: int = 5
    batch_size: int = 128
    learning_rate: float = 1e-3
    dropout: float = 0.7
    id_dropout: float = 0.4
    svd_start: bool = False
    patience: int = 2

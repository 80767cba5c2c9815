"""Defaults that adapt: what "auto" means for the data at hand, by a few rules, each with its reason.

The values were measured side by side, see "Defaults" in benchmarks/README.md. What is given stays as it is,
and what is left open follows it: with an encoder that was chosen, the step size is one that suits it.
"""

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recpipe.core.snapshot import Histories
from recpipe.train.params import TrainParams
from recpipe.train.settings import Settings

MOST_TIED = 0.9
"""Where more of the events than this share their moment with another and nothing tells which came first,
users act in baskets: nobody knows half of tomorrow's basket when its other half is to be foreseen. The
Complete Journey has 98 %; MovieLens-100K, where some ratings share a second, 76 %, and is a sequence."""

FEW_EVENTS = 300_000
"""Up to so many training events a mean of the history is ahead of attention: there is too little to learn
an order from."""

POSITIONAL = ("cnn", "gru", "attention")
"""Encoders that learn from every position of a history in one pass, see `encoders.contract`."""

PLANNED_STEPS = 2_000
"""A training is planned for about so many steps: more of them found nothing better on any data set tried."""
EPOCHS = (5, 50)
HALF_LIFE_DAYS, NO_HALF_LIFE = 90.0, 100_000.0

BASKET = {"window_days": 14.0, "targets": "new", "targets_per_query": 8}
SEQUENCE = {"window_days": 0.0, "targets": "all", "targets_per_query": 1}
WHOLE = {"max_history": 200, "batch_size": 128, "learning_rate": 1e-3, "svd_start": True}
SELDOM_SEEN = {"dropout": 0.7, "id_dropout": 0.4}
OFTEN_SEEN = {"dropout": 0.1, "id_dropout": 0.0}
EVERY_POSITION = {
    "max_history": 50,
    "batch_size": 128,
    "learning_rate": 3e-3,
    "dropout": 0.2,
    "id_dropout": 0.0,
    "svd_start": False,
}

logger = logging.getLogger("recpipe.train")


@dataclass(frozen=True)
class Facts:
    """What the rules look at, of the train part.

    tied_share: share of the events at the same user and time as another one, 0 where `event_order` tells all
    apart. lengths: (users,) events of each. moments: how many distinct (user, time) there are.
    """

    split_kind: str
    tied_share: float
    lengths: np.ndarray
    moments: int


def facts_of(histories: Histories, lengths: np.ndarray, split_kind: str, *, is_ordered: bool) -> Facts:
    """Look at the train part: `histories` of all users or of a sample, lengths (users,) of all.

    is_ordered: whether all events came with an `event_order`.
    """
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    follows = (rows[1:] == rows[:-1]) & (histories.times[1:] == histories.times[:-1])
    is_tied = np.append(False, follows) | np.append(follows, False)
    tied_share = 0.0 if is_ordered else float(is_tied.mean())
    moments = round((1 - float(follows.sum()) / len(histories.items)) * int(lengths.sum(dtype=np.int64)))
    return Facts(split_kind, tied_share, lengths, moments)


def adapt(params: TrainParams, facts: Facts) -> Settings:
    """Settle each parameter that is "auto", and log what was settled and why."""
    settled = {name: value for name, value in params if value != "auto" or name in Settings.LEFT_OPEN}
    for values, why in _rules(settled, facts):
        new = {name: value for name, value in values.items() if name not in settled}
        settled |= new
        if new:
            told = ", ".join(f"{name} {value}" for name, value in new.items())
            logger.info("settings: %s (%s)", told, why)
    return Settings(**settled)


def _rules(settled: Mapping[str, Any], facts: Facts) -> Iterator[tuple[dict[str, Any], str]]:
    """Values with their reason, one rule after the other; each sees what is settled so far."""
    events = int(facts.lengths.sum(dtype=np.int64))
    share = f"{100 * facts.tied_share:.0f} % of the events share a moment whose order nothing tells"
    yield {"same_time": "basket" if facts.tied_share > MOST_TIED else "sequence"}, share
    if settled["same_time"] == "basket":
        yield BASKET, "baskets: all that a user takes in the window to come"
        yield {"encoder": "mean"}, "a basket has no order"
    else:
        yield SEQUENCE, "sequences: what comes next"
        yield {"encoder": "attention" if events > FEW_EVENTS else "mean"}, f"{events:,} training events"
    if facts.split_kind == "last-event":
        yield {"half_life_days": NO_HALF_LIFE}, "lists are made at each user's own last event: nothing is old"
    yield {"half_life_days": HALF_LIFE_DAYS}, "tastes and assortments change"
    if settled["encoder"] in POSITIONAL:
        yield EVERY_POSITION, "each position of a history is trained on"
        queries = int((-(-facts.lengths // settled["max_history"])).sum())
    else:
        yield WHOLE, "a history as a whole"
        if settled["same_time"] == "basket":
            yield SELDOM_SEEN, "many items for few users: what one user took says little"
        yield OFTEN_SEEN, "few items for many events"
        queries = facts.moments
    steps = max(1, queries // settled["batch_size"])
    epochs = min(max(math.ceil(PLANNED_STEPS / steps), EPOCHS[0]), EPOCHS[1])
    yield {"epochs": epochs}, f"{PLANNED_STEPS:,} steps or {EPOCHS[0]} epochs, about {steps:,} steps each"
    yield {"patience": max(2, settled["epochs"] // 5)}, "a fifth of the epochs"

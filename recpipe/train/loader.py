"""All of the training data as batches, block by block."""

import gc
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from recpipe.core.errors import DataError
from recpipe.core.snapshot import Histories
from recpipe.train.data import TrainingData
from recpipe.train.datasets import Batches
from recpipe.train.encoders import ENCODERS
from recpipe.train.examples import build_examples
from recpipe.train.users import attribute_inputs


class Loader:
    """Makes the examples of a block when the block is used; those of a single block once.

    steps: how many batches an epoch has, give or take. target_shares: (items + 1,) float64, how probable each
    item is as a drawn target. Raises DataError if there is nothing to learn from.
    """

    def __init__(self, data: TrainingData) -> None:
        self.data = data
        shares = np.zeros(data.vocabulary.size + 1)
        targets = expected = 0.0
        for batches in self._blocks():
            weight = batches.examples.weights.sum()
            shares += weight * batches.examples.target_shares(data.vocabulary.size)
            targets, expected = targets + weight, expected + batches.expected
            self._only = batches if data.source is None else None
        if targets == 0:
            raise DataError(
                "none of the training events counts: by features.event_weights they weigh 0 or less, or are "
                "taken back later",
                "Give the types of event to learn from a weight above 0.",
            )
        if expected == 0:
            raise DataError(
                f"encoder {data.params.encoder} learns from what follows an event, and no user has a target "
                "after another event",
                "Use train.encoder mean or id.",
            )
        self.steps = max(1, int(expected) // data.params.batch_size)
        self.target_shares = shares / shares.sum()

    def epoch(self, number: int) -> Iterator[tf.data.Dataset]:
        """Yield the batches of an epoch block by block, see `Batches.epoch`; the same for the same number."""
        if self._only:
            if len(dataset := self._only.epoch(number)):
                yield dataset
            return
        drawn = self._blocks(np.random.default_rng([self.data.params.seed, number]))
        # from 1: a number 0 at the end would begin the same stream as none
        for place, batches in enumerate(drawn, start=1):
            if len(dataset := batches.epoch(number, place)):
                yield dataset
            del dataset, batches
            # a traced function is part of a cycle, and holds the arrays of its block until that is found
            gc.collect()

    def _blocks(self, random: np.random.Generator | None = None) -> Iterator[Batches]:
        """The blocks that have targets; drawn by `random`."""
        for histories in self.data.blocks(random):
            if len(histories.items) == 0:
                continue
            batches = self._batches(histories)
            if len(batches.examples):
                yield batches

    def _batches(self, histories: Histories) -> Batches:
        data = self.data
        return Batches(
            build_examples(histories, data.params, data.event_weights, data.newest),
            data.params,
            every_position=ENCODERS[data.params.encoder].every_position,
            user_numbers=data.users.index_of(histories.user_ids),
            user_inputs=attribute_inputs(data.user_codes, histories),
            past=data.past,
        )

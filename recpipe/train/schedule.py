"""The step size over a training: up in a straight line, then down along half a cosine."""

import math

import tensorflow as tf
import tf_keras

from recpipe.train.settings import Settings

FINAL_RATE = 0.1


class Schedule(tf_keras.optimizers.schedules.LearningRateSchedule):
    """From 0 to `learning_rate` over a share of the planned steps, then down to a tenth of it.

    `spent`, from 0 to 1, is how much of a budget is used: a training that a budget will end is as far as its
    budget, so that it ends at the low rate that makes a model good, wherever it ends.
    """

    def __init__(self, params: Settings, steps: int) -> None:
        self.top = params.learning_rate
        self.steps = float(max(1, steps))
        self.warmup_share = params.warmup_share
        self.spent = tf.Variable(0.0, trainable=False, name="spent")

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """The rate of a step, scalar."""
        progress = tf.minimum(tf.maximum(tf.cast(step, tf.float32) / self.steps, self.spent), 1.0)
        fallen = (progress - self.warmup_share) / (1 - self.warmup_share)
        cosine = 0.5 * (1 + tf.cos(math.pi * tf.maximum(fallen, 0.0)))
        down = FINAL_RATE + (1 - FINAL_RATE) * cosine
        up = (progress + 1 / self.steps) / max(self.warmup_share, 1e-9)
        return self.top * tf.minimum(down, up)

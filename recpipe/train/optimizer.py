"""Adam whose cost grows with the batch, not with the vocabulary."""

import tensorflow as tf
import tf_keras


class LazyAdam(tf_keras.optimizers.Adam):
    """Adam that, of an embedding table, touches only the rows that occur in the batch.

    Kingma & Ba, "Adam" (2015); rows outside the batch keep their moments and values, whereas plain Adam
    lets all moments decay at every step and so rewrites the whole table.
    """

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable) -> None:
        """Apply one gradient; repeated rows are already summed."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable)
            return
        step = tf.cast(self.iterations + 1, variable.dtype)
        key = self._index_dict[self._var_key(variable)]
        momentum, velocity = self._momentums[key], self._velocities[key]
        rows, values = gradient.indices, gradient.values
        first = self.beta_1 * tf.gather(momentum, rows) + (1 - self.beta_1) * values
        second = self.beta_2 * tf.gather(velocity, rows) + (1 - self.beta_2) * tf.square(values)
        unbiased = tf.sqrt(1 - tf.pow(self.beta_2, step)) / (1 - tf.pow(self.beta_1, step))
        rate = tf.cast(self.learning_rate, variable.dtype) * unbiased
        momentum.scatter_update(tf.IndexedSlices(first, rows))
        velocity.scatter_update(tf.IndexedSlices(second, rows))
        variable.scatter_sub(tf.IndexedSlices(rate * first / (tf.sqrt(second) + self.epsilon), rows))

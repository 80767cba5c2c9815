"""What training may cost, and the callback that ends it within an epoch once that is spent."""

import time
from collections.abc import Callable

import tf_keras

from recpipe.train.settings import Settings

UNLIMITED = 600_000
"""Seconds, a little less than the defaults: so much is no budget, and the step size does not look at it."""


class Budget:
    """Wall and CPU time of one training, what an interrupted one before it has used included.

    used: (wall seconds, CPU seconds of all threads) that were spent already.
    """

    def __init__(self, params: Settings, used: tuple[float, float] = (0.0, 0.0)) -> None:
        self._most = params.max_minutes * 60, params.max_cpu_seconds
        self._begin = time.monotonic() - used[0], time.process_time() - used[1]

    @property
    def used(self) -> tuple[float, float]:
        """Wall seconds and CPU seconds so far."""
        return time.monotonic() - self._begin[0], time.process_time() - self._begin[1]

    @property
    def share(self) -> float:
        """How much of it is used, 0 to 1; 0 where the default leaves it unlimited."""
        shares = [used / most for used, most in zip(self.used, self._most, strict=True) if most < UNLIMITED]
        return min(max(shares, default=0.0), 1.0)

    @property
    def is_spent(self) -> bool:
        """Whether one of the two is used up."""
        return any(used >= most for used, most in zip(self.used, self._most, strict=True))


class Watch(tf_keras.callbacks.Callback):
    """Tells each step to `advance` and stops training, after the step at work, when `budget` is spent."""

    def __init__(self, budget: Budget, advance: Callable[[int], None]) -> None:
        super().__init__()
        self.budget = budget
        self.advance = advance
        self.stopped = False

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count the step."""
        self.advance(1)
        self.model.schedule.spent.assign(self.budget.share)
        if self.budget.is_spent:
            self.stopped = True
            self.model.stop_training = True

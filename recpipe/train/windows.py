"""Windows of histories: every position of one is trained on in one pass."""

import numpy as np

from recpipe.train.examples import Examples
from recpipe.train.settings import Settings


class Windows:
    """Windows of at most `max_history` events, enough to cover each user's history, at places drawn anew.

    query_after: (events + 1,) int64, the query that sees an event as its last, -1 where there is none; the
    last value stands for no event. expected: how many windows an epoch has.
    """

    def __init__(self, examples: Examples, params: Settings) -> None:
        self.length = params.max_history
        self.query_after = np.full(len(examples.items) + 1, -1, dtype=np.int64)
        has_history = np.flatnonzero(examples.history_to > examples.history_from)
        self.query_after[examples.history_to[has_history] - 1] = has_history
        # of each user: where the events begin, and where the last query with a target stands
        _, first = np.unique(examples.users[has_history], return_index=True)
        last = np.append(first, len(has_history))[1:] - 1
        self.starts = examples.history_from[has_history[first]]
        self.stops = examples.history_to[has_history[last]]
        self.weights = examples.weights[has_history[last]]
        self.counts = -(-(self.stops - self.starts) // self.length)
        self.expected = float((self.weights * self.counts).sum())

    def draw(self, random: np.random.Generator) -> np.ndarray:
        """Windows of one epoch, shuffled: (n, 3) int64, begin of the user's events, end of the window, -1.

        A user with w windows has one end drawn from each w-th of the places where a whole window ends.
        """
        users = np.repeat(np.arange(len(self.counts)), self.counts)
        number = np.arange(len(users)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts)
        lengths = (self.stops - self.starts)[users]
        places = np.maximum(lengths - self.length, 0) + 1
        share = (number + random.random(len(users))) / self.counts[users]
        ends = self.stops[users] - (share * places).astype(np.int64)
        rows = np.stack([self.starts[users], ends, np.full(len(users), -1)], axis=1)
        kept = random.random(len(users)) < self.weights[users]
        return random.permutation(rows[kept])

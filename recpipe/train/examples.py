"""Training examples: a query for each moment of each user, and what the user did from then on."""

from dataclasses import dataclass

import numpy as np

from recpipe.core.event_weights import worth
from recpipe.core.snapshot import Histories
from recpipe.train.inputs import gap_buckets
from recpipe.train.settings import Settings

SECONDS_PER_DAY = 86_400
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Examples:
    """Q queries over N events in flat arrays; nothing is copied a query.

    items (N,) int32: all events, user by user, oldest first. event_types (N,), gaps (N,): of each, see
    `inputs.encoder_inputs`. users (Q,) int32: row of the user.
    history_from, history_to (Q,): the query sees items[history_from:history_to], all strictly earlier.
    target_items (T,) int32; target_from, target_to (Q,): targets are target_items[target_from:target_to],
    drawn in proportion to target_weights (T,) float64, all above 0.
    weights (Q,) float in (0, 1]: how likely an epoch has the query. times (Q,) int64: when it is asked.
    """

    items: np.ndarray
    event_types: np.ndarray
    gaps: np.ndarray
    users: np.ndarray
    history_from: np.ndarray
    history_to: np.ndarray
    target_items: np.ndarray
    target_weights: np.ndarray
    target_from: np.ndarray
    target_to: np.ndarray
    weights: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return len(self.users)

    @property
    def weight_before(self) -> np.ndarray:
        """The sum of the weights of all targets before each, (T + 1,) float64."""
        return np.concatenate([[0.0], np.cumsum(self.target_weights)])

    def target_shares(self, item_count: int) -> np.ndarray:
        """How probable each item is as a drawn target, (item_count + 1,) float64, sum 1: the Q of log-Q."""
        before = self.weight_before
        each = self.weights / (before[self.target_to] - before[self.target_from])
        steps = np.bincount(self.target_from, each, len(self.target_items) + 1)
        steps -= np.bincount(self.target_to, each, len(self.target_items) + 1)
        share = np.maximum(np.cumsum(steps)[:-1], 0) * self.target_weights
        shares = np.bincount(self.target_items, share, item_count + 1)
        return shares / shares.sum()


def build_examples(
    histories: Histories,
    params: Settings,
    event_weights: np.ndarray | None = None,
    newest: int | None = None,
) -> Examples:
    """Cut histories into queries: one at each moment, its history strictly earlier than the moment.

    Events at one time are one moment (a basket must not see itself) unless `params.same_time` says that
    their order is real. The targets are what happens within `params.window_days` from the moment on.
    event_weights: (types + 1,) float32, see `core.event_weights.worth`; none: every event counts 1. newest:
    the time at which a query weighs 1; none: that of the newest query here.
    """
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    starts, moment_ends = _moments(rows, histories.times, params.same_time)
    ends = moment_ends
    if params.window_days > 0:
        ends = np.maximum(moment_ends, _window_ends(rows, histories.times, starts, params.window_days))
    weights = _target_weights(rows, histories, params.targets, event_weights)
    is_target = weights > 0
    targets_before = np.concatenate([[0], np.cumsum(is_target)])
    used = targets_before[ends] > targets_before[starts]
    starts, ends = starts[used], ends[used]
    return Examples(
        items=histories.items,
        event_types=histories.event_types,
        gaps=gap_buckets(histories),
        users=rows[starts].astype(np.int32),
        history_from=histories.offsets[rows[starts]],
        history_to=starts,
        target_items=histories.items[is_target],
        target_weights=weights[is_target],
        target_from=targets_before[starts],
        target_to=targets_before[ends],
        weights=_weights(histories.times[starts], newest, params.half_life_days),
        times=histories.times[starts],
    )


def _moments(rows: np.ndarray, times: np.ndarray, same_time: str) -> tuple[np.ndarray, np.ndarray]:
    """First event and end of each moment, positions in the flat arrays."""
    opens = np.ones(len(rows), dtype=bool)
    if same_time == "basket":
        opens[1:] = (rows[1:] != rows[:-1]) | (times[1:] != times[:-1])
    starts = np.flatnonzero(opens)
    return starts, np.append(starts[1:], len(rows))


def _window_ends(rows: np.ndarray, times: np.ndarray, starts: np.ndarray, window_days: float) -> np.ndarray:
    """The end of the window that begins at each start: the first event of the user beyond it."""
    seconds = (times - times.min()) // MICROSECONDS
    window = int(window_days * SECONDS_PER_DAY)
    # one ascending number for (user, time), so that one search serves all users
    stride = int(seconds.max()) + window + 1
    return np.searchsorted(rows * stride + seconds, rows[starts] * stride + seconds[starts] + window, "right")


def _target_weights(
    rows: np.ndarray, histories: Histories, targets: str, event_weights: np.ndarray | None
) -> np.ndarray:
    """What each event weighs as a target, (N,) float64, 0 where it is none.

    Where targets are items new to the user, that is the first event with an item, and it weighs what the
    strongest event of that user with it does: who looks today and buys tomorrow has wanted it today.
    """
    items = histories.items
    weights = np.ones(len(items)) if event_weights is None else worth(histories, event_weights).astype(float)
    if targets == "new":
        _, first, pair = np.unique(
            rows * (int(items.max()) + 1) + items, return_index=True, return_inverse=True
        )
        strongest = np.zeros(len(first))
        np.maximum.at(strongest, pair, weights)
        weights = np.zeros(len(items))
        weights[first] = strongest
    return np.where(items > 0, weights, 0)


def _weights(times: np.ndarray, newest: int | None, half_life_days: float) -> np.ndarray:
    """Halved with each half-life of age; 1 at `newest`, or for the newest query."""
    now = times.max(initial=0) if newest is None else newest
    age_days = (now - times) / (MICROSECONDS * SECONDS_PER_DAY)
    return 0.5 ** (age_days / half_life_days)

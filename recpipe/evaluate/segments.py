"""For whom and for what a model works: its metric in groups of users and of right answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recpipe.core.bootstrap import Interval, intervals_of, resampled_means
from recpipe.core.metrics import hits
from recpipe.evaluate.audience import Audience
from recpipe.evaluate.measures import METRICS
from recpipe.evaluate.segment_groups import Group


@dataclass(frozen=True)
class Segment:
    """How one model does in one group of `users` users: the mean, and how far it is from the rest's mean.

    gap: None where there is no rest.
    """

    kind: str
    name: str
    users: int
    mean: Interval
    gap: Interval | None


def segments(lists: np.ndarray, asked: Audience, groups: Sequence[Group], metric: str) -> list[Segment]:
    """Measure lists (u, k) in each group with `metric`, a name of `METRICS`.

    In a group of items only right answers that are such items count, for the users who have one; its rest
    are the other right answers. Intervals are of users resampled, those of group and rest together.
    """
    if not groups:
        return []
    found = hits(lists, asked.relevant)
    sides = [side for group in groups for side in _sides(lists, found, asked, group, metric)]
    columns = np.stack([column for values, are in sides for column in (values * are, are)], axis=1)
    told, drawn = _ratios(columns.mean(axis=0)), _ratios(resampled_means(columns))
    return [
        _segment(group, told[2 * at : 2 * at + 2], drawn[:, 2 * at : 2 * at + 2], sides[2 * at][1].sum())
        for at, group in enumerate(groups)
    ]


def _segment(group: Group, told: np.ndarray, drawn: np.ndarray, users: int) -> Segment:
    # where a group was not drawn at all there is no mean
    drawn = np.where(np.isnan(drawn), told, drawn)
    (mean,) = intervals_of(told[:1], drawn[:, :1], users)
    gap = None
    if not np.isnan(told[1]):
        (gap,) = intervals_of(told[:1] - told[1:], drawn[:, :1] - drawn[:, 1:], users)
    return Segment(group.kind, group.name, int(users), mean, gap)


def _sides(
    lists: np.ndarray, found: np.ndarray, asked: Audience, group: Group, metric: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for the group and then for its rest, each user's score and who is in it, (u,) both."""
    for inside in (True, False):
        if group.items is None:
            counts = asked.relevant.lengths
            yield METRICS[metric](found, counts, lists.shape[1]), (group.users == inside).astype(float)
        else:
            own = group.items == inside
            counts = asked.relevant.where(own[asked.relevant.values]).lengths
            yield METRICS[metric](found & own[lists], counts, lists.shape[1]), (counts > 0).astype(float)


def _ratios(means: np.ndarray) -> np.ndarray:
    sums, counts = means[..., ::2], means[..., 1::2]
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)

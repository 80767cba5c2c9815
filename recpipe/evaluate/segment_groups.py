"""The groups that a test is looked at in: of users, and of items that are right answers.

A group below the minimum size is not shown, nor one whose rest is: who subtracts must not find them either.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from recpipe.core.ragged import Ragged
from recpipe.evaluate.audience import Audience

HEAD_SHARE, MIDDLE_SHARE = 0.5, 0.8
MOST_VALUES = 24
"""An attribute of more values than these is an id or a number, not a group."""
MOST_CATEGORIES = 12


@dataclass(frozen=True)
class Group:
    """Some users and the rest of them, (u,) bool both; or some right answers, and who has them.

    kind: what it is a group by, such as "activity". items: (items + 1,) bool, the items that count as right
    answers, None for all; users have such answers, the rest has others, and many have both.
    """

    kind: str
    name: str
    users: np.ndarray
    rest: np.ndarray
    items: np.ndarray | None = None


def groups_of(asked: Audience, categories: Sequence[Sequence[str]], least: int) -> list[Group]:
    """Return the groups that may be shown: at least `least` users in each, and in its rest if there is one.

    categories: of each item from index 1, those known before the test or more.
    """
    by_kind: dict[str, list[Group]] = {}
    for group in (*_by_activity(asked, least), *_by_attributes(asked), *_by_popularity(asked)):
        by_kind.setdefault(group.kind, []).append(group)
    by_kind["category"] = list(_by_category(asked, categories))
    return [group for groups in by_kind.values() for group in _showable(groups, least)]


def _by_activity(asked: Audience, least: int) -> Iterator[Group]:
    """New, light and heavy users, cut at the median; new ones that are too few count as light."""
    events = asked.events
    is_new = (events == 0) & ((events == 0).sum() >= least)
    middle = int(np.median(events[events > 0])) if events.any() else 0
    is_light = ~is_new & (events <= middle)
    yield _of_users("activity", "new: nothing known", is_new)
    yield _of_users("activity", f"light: up to {middle:,} events", is_light)
    yield _of_users("activity", f"heavy: over {middle:,} events", events > middle)


def _by_attributes(asked: Audience) -> Iterator[Group]:
    """The values of each attribute; of two that say the same, a code and its name, the longer."""
    if asked.attributes is None:
        return
    documents, inverse = np.unique([text or "{}" for text in asked.attributes], return_inverse=True)
    read = [json.loads(document) for document in documents]
    found: dict[bytes, list[Group]] = {}
    for name in sorted({name for each in read for name in each}):
        told = np.array([_value(each.get(name)) for each in read], object)[inverse]
        values = sorted(set(told) - {""})
        if 1 < len(values) <= MOST_VALUES:
            groups = [_of_users(name, value, told == value) for value in values]
            same = b"".join(sorted(group.users.tobytes() for group in groups))
            found[same] = max(found.get(same, groups), groups, key=_length)
    yield from (group for groups in found.values() for group in groups)


def _length(groups: Sequence[Group]) -> int:
    return sum(len(group.name) for group in groups)


def _value(value: object) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value)


def _by_popularity(asked: Audience) -> Iterator[Group]:
    """Head, middle and tail: the items that had half of all their holders, the next 30 %, and the others."""
    order = np.argsort(-asked.holders[1:], kind="stable") + 1
    before = np.cumsum(asked.holders[order]) - asked.holders[order]
    share = before / max(1, asked.holders.sum())
    bounds = {"head": (-1.0, HEAD_SHARE), "middle": (HEAD_SHARE, MIDDLE_SHARE), "tail": (MIDDLE_SHARE, 2.0)}
    for name, (low, high) in bounds.items():
        among = order[(share >= low) & (share < high)]
        yield _of_items("popularity", f"{name}: {len(among):,} items", among, asked)


def _by_category(asked: Audience, categories: Sequence[Sequence[str]]) -> Iterator[Group]:
    """The categories of most right answers; an item may have several."""
    known = [list(dict.fromkeys(names)) for names in categories[: asked.items]]
    named = Ragged.from_lists([[], *(range(len(names)) for names in known)])
    names, codes = np.unique([name for each in known for name in each], return_inverse=True)
    answers = np.bincount(asked.relevant.values, minlength=asked.items + 1)
    if not len(names):
        return
    weights: np.ndarray = np.bincount(codes, answers[named.row_numbers], minlength=len(names))
    for code in np.argsort(-weights, kind="stable")[:MOST_CATEGORIES]:
        yield _of_items("category", str(names[code]), named.row_numbers[codes == code], asked)


def _of_users(kind: str, name: str, users: np.ndarray) -> Group:
    return Group(kind, name, users, ~users)


def _of_items(kind: str, name: str, among: np.ndarray, asked: Audience) -> Group:
    items = np.zeros(asked.items + 1, bool)
    items[among] = True
    is_right = items[asked.relevant.values]
    users, rest = (asked.relevant.where(some).lengths > 0 for some in (is_right, ~is_right))
    return Group(kind, name, users, rest, items)


def _showable(groups: Sequence[Group], least: int) -> list[Group]:
    """Leave out what is too small, and what tells of it by subtraction."""
    shown = [group for group in groups if _is_large(group, least)]
    if shown and not any((group.users & group.rest).any() for group in groups):
        hidden = len(shown[0].users) - sum(int(group.users.sum()) for group in shown)
        if 0 < hidden < least:
            shown.remove(min(shown, key=lambda group: int(group.users.sum())))
    return shown


def _is_large(group: Group, least: int) -> bool:
    rest = int(group.rest.sum())
    return int(group.users.sum()) >= least and (rest == 0 or rest >= least)

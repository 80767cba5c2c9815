"""One user's list as a person would look at it: with titles, and with what the user did last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recpipe.core import columns as c
from recpipe.core.workspace import Workspace
from recpipe.recommend.publication import Publication
from recpipe.recommend.reasons import CATEGORY, ITEM


@dataclass(frozen=True)
class Deed:
    """One thing a user did."""

    at: datetime
    event_type: str
    item_id: str
    title: str


@dataclass(frozen=True)
class Recommendation:
    """One place of a list."""

    rank: int
    item_id: str
    title: str
    score: float
    because: str
    """Why: "because of <title>", "because of <category>", or "" where no reason is known."""


@dataclass(frozen=True)
class UserList:
    """What one user did last (newest first) and is recommended (best first)."""

    user_id: str
    did: list[Deed]
    recommended: list[Recommendation]

    def figures(self) -> dict[str, Any]:
        """Return the user's id and the titles only, ready for JSON."""
        last, recommended = ([one.title for one in some] for some in (self.did, self.recommended))
        return {"user_id": self.user_id, "last": last, "recommended": recommended}


def lookup(workspace: Workspace, user: str, k: int = 10, *, last: int = 5) -> UserList:
    """Return the first `k` recommendations of `user` with titles, and the `last` things the user did.

    Raises DataError if there is no publication yet or no such user in it.
    """
    publication = Publication.open(workspace)
    history = publication.history(user)
    listed = publication.of(user)[:k]
    deeds = _last_deeds(history, last)
    reasons = {row.get(c.REASON) or "" for row in listed}  # lists of an earlier version have none
    had = {reason.removeprefix(ITEM) for reason in reasons if reason.startswith(ITEM)}
    titles = publication.titles({row[c.ITEM_ID] for row in listed} | had, {index for index, *_ in deeds})
    return UserList(
        user_id=user,
        did=[
            Deed(at, publication.event_types[event_type - 1], *titles[index])
            for index, event_type, at in deeds
        ],
        recommended=[
            Recommendation(
                row[c.RANK], *titles[row[c.ITEM_ID]], row[c.SCORE], _because(row.get(c.REASON), titles)
            )
            for row in listed
        ],
    )


def _because(reason: str | None, titles: dict[str | int, tuple[str, str]]) -> str:
    """Say a reason as a person would read it."""
    if not reason:
        return ""
    if reason.startswith(ITEM):
        return f"because of {titles[reason.removeprefix(ITEM)][1]}"
    return f"because of {reason.removeprefix(CATEGORY)}"


def _last_deeds(history: dict[str, Any], last: int) -> list[tuple[int, int, datetime]]:
    """Return item index, event type and time of the last events, newest first."""
    columns = (history[name] for name in (c.ITEM_INDICES, c.EVENT_TYPES, c.EVENT_ATS))
    events = list(zip(*columns, strict=True))
    return events[::-1][:last]

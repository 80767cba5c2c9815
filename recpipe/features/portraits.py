"""A few users in words, to look at before a snapshot is sealed."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from recpipe.core.store import connect
from recpipe.features.draft import SnapshotDraft

if TYPE_CHECKING:
    import pandas as pd

MOST_TELLING = 10

PHRASES: dict[str, tuple[str, str]] = {
    "days_between": ("comes every {:.1f} days", "comes every {:.0f} days only"),
    "days_since_first": ("is new, {:.0f} days here", "has been here for {:.0f} days"),
    "days_since_last": ("was here {:.1f} days ago", "has not come for {:.0f} days"),
    "recent_events": ("does little lately ({:.0f} events)", "is busy lately ({:.0f} events)"),
    "events": ("does little ({:.0f} events)", "does a lot ({:,.0f} events)"),
    "events_per_session": ("takes {:.1f} things at a time", "takes {:.1f} things at a time, more than most"),
    "repeat_rate": ("seldom takes the same again ({:.0%})", "tries little that is new (repeats {:.0%})"),
    "novelty": ("keeps to what many take", "likes what few take"),
    "price_band": ("price-sensitive", "takes the dearer things"),
}
"""What a feature says of a user who stands low, and high, among all users."""

WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
QUARTERS = ("at night", "in the morning", "in the afternoon", "in the evening")


def portraits(draft: SnapshotDraft, users: int = 5) -> "pd.DataFrame":
    """Return the `users` with the most events: figures, interests, and what is most telling, in words.

    One row a user at the moment "now": user_id, events, items, active_days, days_since_last, interests, told.
    """
    import pandas as pd

    with connect(None) as store:
        found = store.run_sql(
            "features/portraits", path=str(draft.path("user_features")), users=users, names=list(PHRASES)
        ).records()
    columns = ("user_id", "events", "items", "active_days", "days_since_last", "interests")
    rows = [{name: user[name] for name in columns} | {"told": in_words(user)} for user in found]
    return pd.DataFrame(rows, columns=[*columns, "told"])


def in_words(user: Mapping[str, Any]) -> str:
    """Say the ten most telling features of a user, the most telling first.

    How telling is from 0 to 1: how far a number stands from the middle of all users, a category's share, and
    how far the favourite weekday and time of day are above what they would be by chance.
    """
    said = sorted(_weighed(user), key=lambda found: -found[0])
    return ", ".join(phrase for _, phrase in said[:MOST_TELLING])


def _weighed(user: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    for interest in user["shares"]:
        yield interest["share"], f"{interest['category']} ({interest['share']:.0%})"
    for shares, names, said in (
        (user["weekday_shares"], WEEKDAYS, "{:.0%} on {}"),
        (user["quarter_of_day_shares"], QUARTERS, "{:.0%} {}"),
    ):
        favourite = max(shares)
        by_chance = 1 / len(names)
        yield (
            (favourite - by_chance) / (1 - by_chance),
            said.format(favourite, names[shares.index(favourite)]),
        )
    for place in user["standings"]:
        phrase = PHRASES[place["feature"]][place["standing"] > 0.5]
        yield abs(2 * place["standing"] - 1), phrase.format(place["number"])

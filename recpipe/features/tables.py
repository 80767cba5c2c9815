"""Write the tables of a snapshot: the histories first, then what they tell of users and items."""

from recpipe.core.errors import DataError
from recpipe.core.store import Store, connect
from recpipe.features.draft import SnapshotDraft, refuse_changed


def write_histories(draft: SnapshotDraft) -> None:
    """Write `items` (each item with an event, and its index) and `interactions` (a history a user).

    Raises DataError if events came in since the draft was opened, or if no item has the
    `min_item_events` that models need to know it.
    """
    if draft.is_sealed:
        return
    with connect(draft.workspace.database, read_only=True) as store:
        refuse_changed(draft, _place_events(store, draft))
        minimum = draft.params.min_item_events
        if not store.run_sql("features/known_items", min_item_events=minimum).value():
            raise DataError(
                f"no item has {minimum:,} events before the test part (features.min_item_events)",
                "Lower --features.min_item_events.",
            )
        store.run_sql("features/items", path=str(draft.path("items")), min_item_events=minimum)
        paths = {"items": str(draft.path("items")), "path": str(draft.path("interactions"))}
        store.run_sql("features/interactions", **paths)


def describe_users(draft: SnapshotDraft) -> None:
    """Write `user_features` from the histories: activity, recency and interests at each moment."""
    bound = {"half_life_days": draft.params.half_life_days, "interest_count": draft.params.interest_count}
    _describe(draft, "user_features", **bound)


def describe_items(draft: SnapshotDraft) -> None:
    """Write `item_features` from the histories: popularity, reach and age at each moment."""
    _describe(draft, "item_features", recent_days=draft.params.recent_days)


def _place_events(store: Store, draft: SnapshotDraft) -> dict[int, int]:
    """Put every event into its part; return the number of events by part, 1 to 3."""
    if draft.split.kind == "time":
        store.run_sql("features/place_time", **draft.split.cutoffs)
    else:
        store.run_sql("features/place_last_event")
    return dict(store.query("SELECT part, count(*) FROM placed_events GROUP BY part").rows())


def _describe(draft: SnapshotDraft, table: str, **bound: float) -> None:
    if draft.is_sealed:
        return
    paths = {name: str(draft.path(name)) for name in ("interactions", "items")}
    # the database also lends its folder: what does not fit into memory spills beside it
    with connect(draft.workspace.database, read_only=True) as store:
        store.run_sql(
            f"features/{table}",
            path=str(draft.path(table)),
            newest=draft.split.newest,
            **draft.split.cutoffs,
            **paths,
            **bound,
        )

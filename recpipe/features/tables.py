"""Write the tables of a snapshot: the histories first, then what they tell of users and items."""

from typing import Any

from recpipe.core.errors import DataError, StageError
from recpipe.core.store import DatabaseError, Store, connect
from recpipe.features.dictionary import EXPLAINED, explain, write_dictionary
from recpipe.features.draft import SnapshotDraft, discarded_on_error, refuse_changed
from recpipe.features.segments import write_segments

BOUND = {
    "known_events": ("half_life_days", "recent_days", "session_gap_minutes", "view_type", "purchase_type"),
    "item_features": ("recent_days",),
    "user_features": ("half_life_days", "interest_count", "category_levels"),
}
"""The parameters that each SQL file of the features is bound to."""

BUCKET_EVENTS = 20_000_000
"""Histories are made for so many events at a time: lists of 10⁸ at once do not fit into memory."""


def write_histories(draft: SnapshotDraft) -> None:
    """Write `items` (each item with an event, and its index), `new_items` and `interactions` (a row a user).

    Raises DataError if events came in since the draft was opened, if no item has the `min_item_events`
    that models need to know it, or if a category path comes back to itself. The draft is then discarded.
    """
    if draft.is_sealed:
        return
    with discarded_on_error(draft), connect(draft.workspace.database, read_only=True) as store:
        refuse_changed(draft, _place_events(store, draft))
        _refuse_loops(store, draft)
        minimum = draft.params.min_item_events
        if not store.run_sql("features/known_items", min_item_events=minimum).value():
            raise DataError(
                f"no item has {minimum:,} events before the test part (features.min_item_events)",
                "Lower --features.min_item_events.",
            )
        _run(store, "items", path=str(draft.path("items")), min_item_events=minimum)
        _run(store, "new_items", path=str(draft.path("new_items")), items=str(draft.path("items")))
        _write_interactions(store, draft)


def describe(draft: SnapshotDraft) -> None:
    """Write `item_features`, `user_features`, `segments` and the dictionary: what is known at each moment.

    Raises StageError if the SQL of a table fails, or if its columns are not those that the dictionary and
    `core/columns.py` name; ParameterError for a segment's rule that is no condition, or two that overlap.
    The draft is then discarded.
    """
    if draft.is_sealed:
        return
    paths = {name: str(draft.path(name)) for name in ("interactions", "items")}
    types = {"event_types": list(draft.inputs.event_types)}
    # the database also lends its folder: what does not fit into memory spills beside it
    with discarded_on_error(draft), connect(draft.workspace.database, read_only=True) as store:
        known = {"interactions": paths["interactions"], "newest": draft.split.newest} | draft.split.cutoffs
        _run(store, "known_events", **known, **types, **_params(draft, "known_events"))
        item_features, user_features = (str(draft.path(name)) for name in ("item_features", "user_features"))
        _run(
            store,
            "item_features",
            path=item_features,
            items=paths["items"],
            **_params(draft, "item_features"),
        )
        _run(
            store,
            "user_features",
            path=user_features,
            items=paths["items"],
            **types,
            **_params(draft, "user_features"),
        )
        write_segments(store, draft)
        explained = [feature for table in EXPLAINED for feature in explain(store, table, draft.path(table))]
        write_dictionary(draft.folder, explained)


def _write_interactions(store: Store, draft: SnapshotDraft) -> None:
    """Write the histories a range of users at a time, then join the ranges."""
    ranges = store.run_sql("features/user_ranges", bucket_events=BUCKET_EVENTS).records()
    parts = [draft.path(f"interactions-{number}") for number in range(len(ranges))]
    for part, users in zip(parts, ranges, strict=True):
        _run(store, "interactions", path=str(part), items=str(draft.path("items")), **users)
    if len(parts) == 1:
        parts[0].rename(draft.path("interactions"))
        return
    _run(store, "join_interactions", parts=list(map(str, parts)), path=str(draft.path("interactions")))
    for part in parts:
        part.unlink()


def _params(draft: SnapshotDraft, file: str) -> dict[str, Any]:
    return {name: getattr(draft.params, name) for name in BOUND[file]}


def _run(store: Store, file: str, **bound: Any) -> None:
    try:
        store.run_sql(f"features/{file}", **bound)
    except DatabaseError as error:
        raise StageError(
            f"recpipe/features/sql/{file}.sql: {str(error).splitlines()[0]}",
            "Mend the SQL, or take the change back.",
        ) from error


def _refuse_loops(store: Store, draft: SnapshotDraft) -> None:
    found = store.run_sql("features/looped_paths").records()
    if found:
        raise DataError(
            f"{draft.workspace.database}, item {found[0]['item_id']!r}: its category path "
            f"comes back to itself: {' > '.join(found[0]['categories'])}",
            "Give each category its one place in the path, or another name.",
        )


def _place_events(store: Store, draft: SnapshotDraft) -> dict[int, int]:
    """Put every event into its part; return the number of events by part, 1 to 3."""
    if draft.split.kind == "time":
        store.run_sql("features/place_time", **draft.split.cutoffs)
    else:
        store.run_sql("features/place_last_event")
    return dict(store.query("SELECT part, count(*) FROM placed_events GROUP BY part").rows())

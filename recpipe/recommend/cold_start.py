"""Users of whom nothing is known, and items that nobody has had: what they are listed by."""

import json
from dataclasses import dataclass

import numpy as np

from recpipe.core import columns as c
from recpipe.core.bases import base_of
from recpipe.core.errors import DataError
from recpipe.core.model_side import ModelSide, Newcomers
from recpipe.core.popular import PopularLists, places
from recpipe.core.recommender import Recommender
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.store import connect
from recpipe.core.workspace import Workspace
from recpipe.recommend.filters import Filters
from recpipe.recommend.params import RecommendParams

SEGMENTS = 255
"""Groups of users that are told apart, the largest; the others share the list of everybody."""
SCORES = 2**25
"""Items times segments at most, so that their scores fit into memory."""


def popular_lists(snapshot: Snapshot, recommender: Recommender, params: RecommendParams) -> PopularLists:
    """Return what is popular now, of the items that the model knows, with everybody and by users' attributes.

    An event counts half after `popularity_half_life_days`. In the list of a segment, users of the same values
    of all `segment_attributes`, what the segment had comes first, then what everybody had; what faded to
    nothing goes by the number of events. Raises DataError
    for an attribute that no user has.
    """
    side = ModelSide(recommender, snapshot, "now")
    keys, counts = _counted(snapshot, params, side.items)
    if params.segment_attributes:
        _refuse_unknown(snapshot, params.segment_attributes)
    known = side.known
    everybody = counts[:, 0].T
    scores = np.stack([places(*of_one.T, *everybody) for of_one in counts.swapaxes(0, 1)], axis=1)
    return PopularLists(scores, known, SegmentOf(tuple(params.segment_attributes), keys))


@dataclass(frozen=True)
class SegmentOf:
    """Tells the segment of users by the values of `attributes`; 0, everybody, where there is none."""

    attributes: tuple[str, ...]
    segments: dict[tuple[str, ...], int]

    def __call__(self, histories: Histories) -> np.ndarray:
        """Return the segment of each of n users, (n,) int."""
        if not self.segments or histories.attributes is None:
            return np.zeros(len(histories), int)
        told = (json.loads(document or "{}") for document in histories.attributes.tolist())
        return np.array([self.segments.get(self._key(user), 0) for user in told], int)

    def _key(self, user: dict[str, object]) -> tuple[str, ...]:
        values = (user.get(name) for name in self.attributes)
        return tuple(value if isinstance(value, str) else json.dumps(value) for value in values)


def _counted(
    snapshot: Snapshot, params: RecommendParams, items: int
) -> tuple[dict[tuple[str, ...], int], np.ndarray]:
    """The segments by their values; of each item in each, faded events and events (items + 1, s, 2)."""
    with connect(None) as store:
        # whole numbers are summed, so that the same events give the same lists
        rows = store.run_sql(
            "recommend/faded_events",
            interactions=str(snapshot.folder / "interactions.parquet"),
            newest=snapshot.manifest["split"]["newest"],
            half_life_days=params.popularity_half_life_days,
        )
        everybody = np.array(rows.rows(), np.int64).reshape(-1, 3)
        found = []
        if params.segment_attributes:
            found = store.run_sql(
                "recommend/faded_events_by_segment",
                interactions=str(snapshot.folder / "interactions.parquet"),
                newest=snapshot.manifest["split"]["newest"],
                half_life_days=params.popularity_half_life_days,
                attributes=params.segment_attributes,
                segments=min(SEGMENTS, SCORES // (items + 1)),
            ).rows()
    keys = {values: number for number, values in sorted({(row[0], tuple(row[1])) for row in found})}
    counts = np.zeros((items + 1, 1 + len(keys), 2), np.int64)
    counts[everybody[:, 0], 0] = everybody[:, 1:]
    for number, _, item, *had in found:
        counts[item, number] = had
    return keys, counts


def _refuse_unknown(snapshot: Snapshot, attributes: list[str]) -> None:
    with connect(None) as store:
        known = store.run_sql(
            "recommend/user_attributes", interactions=str(snapshot.folder / "interactions.parquet")
        ).rows()
    names = [name for (name,) in known]
    for attribute in attributes:
        if attribute not in names:
            raise DataError(
                f"recommend.segment_attributes names {attribute!r}, but no user has this attribute",
                f"Choose from: {', '.join(names) or 'none'}.",
            )


def find_newcomers(
    workspace: Workspace, snapshot: Snapshot, recommender: Recommender, filters: Filters
) -> Newcomers | None:
    """Return the catalogue's items that the model never learned of and the filters allow, None without any.

    Raises DataError if the model reads nothing of items but their ids.
    """
    from recpipe import train

    catalogue = snapshot.catalogue()
    is_known = ModelSide(recommender, snapshot, "now").known
    indices = np.flatnonzero(filters.allowed & ~is_known)
    if not len(indices):
        return None
    items = catalogue.take(indices - 1).select([c.TITLE, c.CATEGORIES, c.ATTRIBUTES])
    return Newcomers(
        indices, train.new_item_vectors(workspace, base_of(workspace, recommender.version), items)
    )

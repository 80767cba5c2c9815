"""What a training run reads from a snapshot: the train part, and the users who judge after each epoch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.snapshot import Histories, Moment, Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.train.adapt import adapt, facts_of
from recpipe.train.attributes import AttributeCodes, learn_attributes
from recpipe.train.blocks import Source
from recpipe.train.encoders import ENCODERS
from recpipe.train.inputs import USER
from recpipe.train.item_inputs import ItemInputs, read_item_inputs
from recpipe.train.judges import Judges
from recpipe.train.moments import PastPopularity
from recpipe.train.params import TrainParams
from recpipe.train.settings import Settings
from recpipe.train.survey import MOMENTS, survey


@dataclass(frozen=True)
class TrainingData:
    """One snapshot as training sees it with `params`.

    histories: events of the train part, of users who have any; validation: their events of the validation
    part. Where these are more than a block, both are of a sample of the users, as large as a block, and all
    users are read from `source` block by block; it is None where `histories` is everything. lengths:
    (users,) int32, training events of each; newest: the time of the newest of them. users: the ids of all
    for an encoder that knows users, else empty. event_types: names of the types by their index from 1;
    event_weights: (types + 1,) float32, see `core.event_weights.worth`. item_inputs: what is known of items;
    user_codes: what is read of users' attributes; past: how popular items were at moments of the train part.
    counts: moment -> "events" | "recent_events" | "users" | "recent_users" | "latest_users" -> (items + 1,)
    float32, how often an item occurred before that moment, with how many users, and with how many in the last
    `recent_days` and `latest_days`. split: its kind, and where its test part begins.
    """

    snapshot: str
    split: dict[str, str]
    params: Settings
    event_types: tuple[str, ...]
    event_weights: np.ndarray
    vocabulary: Vocabulary
    users: Vocabulary
    histories: Histories
    validation: Histories
    judges: Judges
    item_inputs: ItemInputs
    past: PastPopularity | None
    user_codes: AttributeCodes
    counts: dict[Moment, dict[str, np.ndarray]]
    lengths: np.ndarray
    newest: int
    source: Source | None

    def blocks(self, random: np.random.Generator | None = None) -> Iterator[Histories]:
        """Yield the training events of every user once, see `Source.blocks`."""
        if self.source is None:
            yield self.histories
            return
        for block in self.source.blocks(random):
            yield block.histories.part("train")

    def table(self) -> pd.DataFrame:
        """How much there is to learn from and who judges, as a table."""
        rows = {
            "users": len(self.lengths),
            "items": self.vocabulary.size,
            "items with a training event": int((self.counts["validation"]["events"] > 0).sum()),
            "training events": int(self.lengths.sum(dtype=np.int64)),
            "training events a user, median": float(np.median(self.lengths)),
            "judges": len(self.judges),
        }
        return pd.DataFrame({"number": rows})

    def popularity_curve(self) -> pd.Series:
        """Events before the test part of each item, most popular first; indexed from 1."""
        events = np.sort(self.counts["test"]["events"][1:])[::-1]
        return pd.Series(events, index=np.arange(1, len(events) + 1))


def read(workspace: Workspace, snapshot: str, params: TrainParams) -> TrainingData:
    """Read what training needs of a snapshot ("" = the newest), for a share `params.sample` of the users.

    Raises DataError where the snapshot is absent or altered, or holds nothing to learn from.
    """
    opened = Snapshot.open(workspace, snapshot)
    # items with fewer than `min_item_events`, or first seen in the test part, have no vector: unknown, 0
    known = np.arange(1, opened.vocabulary.size + 1)
    return _assembled(opened, params, known, {moment: moment for moment in MOMENTS})


def read_up_to_now(workspace: Workspace, snapshot: str, params: TrainParams) -> TrainingData:
    """Read a snapshot as if its newest event were the end of the train part: every moment is now.

    The vocabulary holds the items with `features.min_item_events` up to now, in the order of their ids, the
    histories are whole, and there are no judges. Raises DataError as `read` does.
    """
    opened = Snapshot.open(workspace, snapshot)
    return _assembled(opened, params, _known_now(opened), dict.fromkeys(MOMENTS, "now"))


def _known_now(snapshot: Snapshot) -> np.ndarray:
    """Snapshot's indices of the items known to models as of now, in the order of their ids."""
    minimum = snapshot.manifest["parameters"]["min_item_events"]
    known = np.flatnonzero(snapshot.item_features("now")[c.EVENTS] >= minimum)
    ids = snapshot.items().column(c.ITEM_ID).to_numpy(zero_copy_only=False)
    return known[np.argsort(ids[known - 1], kind="stable")]


def _assembled(
    opened: Snapshot, params: TrainParams, known: np.ndarray, counted_at: Mapping[Moment, Moment]
) -> TrainingData:
    """What training reads of a snapshot; the vocabulary is `known`, the snapshot's indices.

    counted_at: which moment's item features stand for each moment's; "now": the train part is everything.
    """
    items = opened.items().take(known - 1)
    vocabulary = Vocabulary(items.column(c.ITEM_ID).to_numpy(zero_copy_only=False))
    mapping = np.zeros(opened.item_count + 1, dtype=np.int32)
    mapping[known] = np.arange(1, len(known) + 1)
    everybody = np.ones(opened.user_count, dtype=bool)
    source = Source(opened, mapping, everybody, up_to_now="now" in counted_at.values())
    found = survey(source, vocabulary.size, opened.event_weights, params)
    if vocabulary.size < 2 or len(found.histories.items) == 0:
        raise DataError(
            f"snapshot {opened.name}: {vocabulary.size} items and {len(found.histories.items)} training "
            "events are too little to learn from",
            "Collect more events, or raise train.sample.",
        )
    rows = np.append(0, known)  # the first is unknown
    counts = {}
    for moment, at in counted_at.items():
        features = opened.item_features(at)
        counts[moment] = {name: values[rows].astype(np.float32) for name, values in features.items()}
        counts[moment] |= found.users_of_late[moment]
    lengths, split_kind = found.lengths[found.is_trained], opened.manifest["split"]["kind"]
    is_ordered, is_everything = _is_ordered(opened), len(found.histories) == len(lengths)
    settings = adapt(params, facts_of(found.histories, lengths, split_kind, is_ordered=is_ordered))
    knows_users = USER in ENCODERS[settings.encoder].reads
    return TrainingData(
        snapshot=opened.name,
        split={name: opened.manifest["split"][name] for name in ("kind", "test_from")},
        params=settings,
        event_types=tuple(opened.manifest["event_types"]),
        event_weights=opened.event_weights,
        vocabulary=vocabulary,
        users=Vocabulary(opened.user_ids[found.is_trained if knows_users else slice(0)]),
        histories=found.histories,
        validation=found.validation,
        judges=found.judges,
        item_inputs=read_item_inputs(items, vocabulary.size, params),
        past=found.past,
        user_codes=_user_codes(found.histories, params),
        counts=counts,
        lengths=lengths,
        newest=found.newest["validation"],
        source=None if is_everything else replace(source, wanted=found.is_trained),
    )


def _is_ordered(opened: Snapshot) -> bool:
    """Whether all events came with their order. Snapshots of older versions do not say: then not."""
    inputs = opened.manifest.get("inputs", {})
    return 0 < inputs.get("events", 0) == inputs.get("ordered_events", 0)


def _user_codes(histories: Histories, params: TrainParams) -> AttributeCodes:
    if not params.use_user_attributes or histories.attributes is None:
        return AttributeCodes()
    return learn_attributes(histories.attributes.tolist())

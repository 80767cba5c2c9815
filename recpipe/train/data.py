"""What a training run reads from a snapshot: the train part, and the users who judge after each epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.event_weights import worth
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories, Moment, Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.train.adapt import adapt, facts_of
from recpipe.train.item_inputs import ItemInputs, read_item_inputs
from recpipe.train.params import TrainParams
from recpipe.train.settings import Settings

RECENT_USERS = "recent_users"
MICROSECONDS_PER_DAY = 86_400_000_000
MOMENTS: tuple[Moment, ...] = ("validation", "test")


@dataclass(frozen=True)
class Judges:
    """Users with at least one relevant item in the validation part: new to them and known to the model.

    histories: what they did before; seen: (users) items they must not get again; relevant: distinct items.
    """

    histories: Histories
    seen: Ragged
    relevant: Ragged

    def __len__(self) -> int:
        return len(self.relevant)


@dataclass(frozen=True)
class TrainingData:
    """One snapshot as training sees it with `params`.

    histories: events of the train part, of users who have any; users: their ids; validation: their events of
    the validation part. event_types: names of the types by their index from 1; event_weights: (types + 1,)
    float32, see `core.event_weights.worth`. item_inputs: what is known of items. counts: moment -> "events" |
    "recent_events" | "recent_users" -> (items + 1,) float32, how often an item occurred before that moment,
    and with how many users. split: its kind, and where its test part begins.
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
    counts: dict[Moment, dict[str, np.ndarray]]

    def table(self) -> pd.DataFrame:
        """How much there is to learn from and who judges, as a table."""
        rows = {
            "users": len(self.histories),
            "items": self.vocabulary.size,
            "items with a training event": int((self.counts["validation"]["events"] > 0).sum()),
            "training events": len(self.histories.items),
            "training events a user, median": float(np.median(self.histories.lengths)),
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
    return _assembled(opened, params, opened.histories(), known, {moment: moment for moment in MOMENTS})


def read_up_to_now(workspace: Workspace, snapshot: str, params: TrainParams) -> TrainingData:
    """Read a snapshot as if its newest event were the end of the train part: every moment is now.

    The vocabulary holds the items with `features.min_item_events` up to now, in the order of their ids, the
    histories are whole, and there are no judges. Raises DataError as `read` does.
    """
    opened = Snapshot.open(workspace, snapshot)
    histories = opened.histories()
    counts = np.zeros_like(histories.counts)
    counts[:, 0] = histories.lengths
    trained = replace(histories, counts=counts)
    return _assembled(opened, params, trained, _known_now(opened), dict.fromkeys(MOMENTS, "now"))


def _known_now(snapshot: Snapshot) -> np.ndarray:
    """Snapshot's indices of the items known to models as of now, in the order of their ids."""
    minimum = snapshot.manifest["parameters"]["min_item_events"]
    known = np.flatnonzero(snapshot.item_features("now")[c.EVENTS] >= minimum)
    ids = snapshot.items().column(c.ITEM_ID).to_numpy(zero_copy_only=False)
    return known[np.argsort(ids[known - 1], kind="stable")]


def _assembled(
    opened: Snapshot,
    params: TrainParams,
    recorded: Histories,
    known: np.ndarray,
    counted_at: Mapping[Moment, Moment],
) -> TrainingData:
    """What training reads of the histories `recorded`; the vocabulary is `known`, the snapshot's indices.

    counted_at: which moment's item features stand for each moment's.
    """
    items = opened.items().take(known - 1)
    vocabulary = Vocabulary(items.column(c.ITEM_ID).to_numpy(zero_copy_only=False))
    mapping = np.zeros(opened.item_count + 1, dtype=np.int32)
    mapping[known] = np.arange(1, len(known) + 1)
    everything = recorded.translated(mapping)
    chosen = everything.take(sampled_rows(len(everything), params.sample, params.seed))
    histories = chosen.part("train")
    trained = np.flatnonzero(histories.lengths > 0)
    histories = histories.take(trained)
    if vocabulary.size < 2 or len(histories.items) == 0:
        raise DataError(
            f"snapshot {opened.name}: {vocabulary.size} items and {len(histories.items)} training events "
            "are too little to learn from",
            "Collect more events, or raise train.sample.",
        )
    counts = {
        moment: _counts(opened.item_features(source), known, everything.until(moment), params.recent_days)
        for moment, source in counted_at.items()
    }
    return TrainingData(
        snapshot=opened.name,
        split={name: opened.manifest["split"][name] for name in ("kind", "test_from")},
        params=adapt(
            params, facts_of(histories, opened.manifest["split"]["kind"], is_ordered=_is_ordered(opened))
        ),
        event_types=tuple(opened.manifest["event_types"]),
        event_weights=opened.event_weights,
        vocabulary=vocabulary,
        users=Vocabulary(histories.user_ids),
        histories=histories,
        validation=chosen.part("validation").take(trained),
        judges=judge_with(
            chosen, vocabulary.size, opened.event_weights, params.validation_users, params.seed
        ),
        item_inputs=read_item_inputs(items, vocabulary.size, params),
        counts=counts,
    )


def _is_ordered(opened: Snapshot) -> bool:
    """Whether all events came with their order. Snapshots of older versions do not say: then not."""
    inputs = opened.manifest.get("inputs", {})
    return 0 < inputs.get("events", 0) == inputs.get("ordered_events", 0)


def _counts(
    features: Mapping[str, np.ndarray], known: np.ndarray, before: Histories, days: int
) -> dict[str, np.ndarray]:
    """How often each known item occurred, and with how many users of late."""
    rows = np.append(0, known)  # the first is unknown
    counts = {name: values[rows].astype(np.float32) for name, values in features.items()}
    return counts | {RECENT_USERS: recent_users(before, len(rows), days)}


def recent_users(histories: Histories, known: int, days: int) -> np.ndarray:
    """How many users had each item in the last `days` days of `histories`, (known,) float32."""
    recent = histories.times > histories.times.max(initial=0) - days * MICROSECONDS_PER_DAY
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    stride = int(histories.items.max(initial=0)) + 1
    pairs = np.unique(rows[recent] * stride + histories.items[recent])
    return np.bincount(pairs % stride, minlength=known)[:known].astype(np.float32)


def sampled_rows(count: int, share: float, seed: int) -> np.ndarray:
    """Row numbers of a share of `count` users, ascending, at least one."""
    if share >= 1 or count == 0:
        return np.arange(count)
    chosen = np.random.default_rng(seed).choice(count, size=max(1, round(count * share)), replace=False)
    return np.sort(chosen)


def judge_with(
    everything: Histories, item_count: int, event_weights: np.ndarray, limit: int, seed: int
) -> Judges:
    """Choose at most `limit` of the users whose validation part has right answers new to them.

    Right answers are items up to `item_count` with an event that counts, see `core.event_weights.worth`.
    """
    before, after = everything.until("validation"), everything.part("validation")
    seen = Ragged(before.offsets, before.items).unique()
    wanted = Ragged(after.offsets, after.items).where(worth(after, event_weights) > 0).unique()
    relevant = wanted.where((wanted.values > 0) & (wanted.values <= item_count) & ~wanted.contained(seen))
    rows = np.flatnonzero(relevant.lengths > 0)
    if len(rows) > limit:
        rows = np.sort(np.random.default_rng(seed).choice(rows, size=limit, replace=False))
    return Judges(before.take(rows), seen.take(rows), relevant.take(rows))

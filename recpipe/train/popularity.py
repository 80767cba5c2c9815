"""Popularity as an ordinary model version: one number an item, and the same query for everyone."""

import logging
from typing import Any

import numpy as np

from recpipe.core.metrics import hits, ndcg_at_k
from recpipe.core.refits import REFIT_OF
from recpipe.core.retrieval import top_k
from recpipe.core.starts import CHAMPION_BEFORE, champion_before
from recpipe.core.workspace import Workspace
from recpipe.train.data import TrainingData
from recpipe.train.judges import Judges
from recpipe.train.survey import RECENT_USERS

KIND = "popularity"
COUNTS = {"events": "all-time events", "recent_events": "recent events", RECENT_USERS: "recent users"}
"""What may be counted, and how it is called."""

JUDGED_AT = 10

logger = logging.getLogger("recpipe.train")


def popularity(workspace: Workspace, data: TrainingData) -> str:
    """Write the popularity version of a snapshot and let the pointer "popularity" name it.

    Three ways to count are tried on the validation part: all events, those of the snapshot's recent days,
    and how many users had the item in the last `train.recent_days`. The version holds the best one with
    the counts known before the test part: the bar is as high as popularity alone can make it.
    """
    ndcg = {by: judge_places(places(data.counts["validation"], by), data.judges) for by in COUNTS}
    best = max(COUNTS, key=lambda by: ndcg[by])
    logger.info(
        "popularity: validation NDCG@10 %s",
        ", ".join(f"{ndcg[by]:.4f} by {name}" for by, name in COUNTS.items()),
    )
    told = {"figures": {"counts": best, "validation_ndcg": ndcg}}
    version = _write(
        workspace, data, KIND, told | {CHAMPION_BEFORE: champion_before(workspace, data.snapshot)}
    )
    workspace.models.point(KIND, version)
    return version


def refit_popularity(workspace: Workspace, data: TrainingData, version: str) -> str:
    """Write a refit of a popularity version, counted in `data` as that one was; no pointer moves."""
    by = workspace.models.manifest(version)["figures"]["counts"]
    told = {"figures": {"counts": by}, REFIT_OF: version}
    return _write(workspace, data, f"{version}-refit", told)


def _write(workspace: Workspace, data: TrainingData, prefix: str, told: dict[str, Any]) -> str:
    """Write the counts before the test part; `told` joins the manifest. The name is made of the content."""
    draft = workspace.models.draft(prefix)
    data.vocabulary.write(draft.folder / "vocabulary.parquet")
    scores = places(data.counts["test"], told["figures"]["counts"])
    np.save(draft.folder / "item_vectors.npy", scores[:, None])
    parameters = data.params.model_dump(include={"recent_days", "refit"})
    made_of = {"kind": KIND, "snapshot": data.snapshot, "split": data.split, "parameters": parameters}
    draft.name = f"{prefix}-{draft.content_id(data.snapshot, parameters)}"
    return draft.seal(made_of | told)


def places(counts: dict[str, np.ndarray], by: str) -> np.ndarray:
    """Score of each item by its place, (items + 1,) float32 in (0, 1], row 0 zero.

    Places by `counts[by]`, then by recent and all events, then by index: as good as the counts, without ties.
    """
    order = np.lexsort((-counts["events"][1:], -counts["recent_events"][1:], -counts[by][1:])) + 1
    scores = np.zeros(len(order) + 1, dtype=np.float32)
    scores[order] = 1 - np.arange(len(order), dtype=np.float32) / len(order)
    return scores


def judge_places(scores: np.ndarray, judges: Judges) -> float:
    """Mean validation NDCG@10 of one list for all, what each has seen excluded; 0 without judges."""
    if len(judges) == 0:
        return 0.0
    queries = np.ones((len(judges), 1), dtype=np.float32)
    best = top_k(queries, scores[:, None], JUDGED_AT, excluded=judges.seen)
    return float(ndcg_at_k(hits(best.indices, judges.relevant), judges.relevant.lengths, JUDGED_AT).mean())

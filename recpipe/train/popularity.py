"""Popularity as an ordinary model version: one number an item, and the same query for everyone."""

import logging

import numpy as np

from recpipe.core.files import content_id
from recpipe.core.metrics import hits, ndcg_at_k
from recpipe.core.retrieval import top_k
from recpipe.core.workspace import Workspace
from recpipe.train.data import Judges, TrainingData
from recpipe.train.save import code_id

KIND = "popularity"
COUNTS = ("events", "recent_events")
JUDGED_AT = 10

logger = logging.getLogger("recpipe.train")


def popularity(workspace: Workspace, data: TrainingData) -> str:
    """Write the popularity version of a snapshot and let the pointer "popularity" name it.

    Two are tried on the validation part, all-time and recent counts; the version holds the better one with
    the counts known before the test part. A version that exists and is whole is reused.
    """
    chosen_by = data.params.model_dump(include={"sample", "seed", "validation_users"})
    name = f"{KIND}-{content_id(data.snapshot, chosen_by, code_id())}"
    if workspace.models.has(name):
        workspace.models.verify(name)
    else:
        _write(workspace, data, name)
    workspace.models.point(KIND, name)
    return name


def _write(workspace: Workspace, data: TrainingData, name: str) -> None:
    ndcg = {by: judge_places(places(data.counts["validation"], by), data.judges) for by in COUNTS}
    best = max(COUNTS, key=lambda by: ndcg[by])
    logger.info("popularity: validation NDCG@10 %.4f all-time, %.4f recent", *(ndcg[by] for by in COUNTS))
    draft = workspace.models.draft(name)
    data.vocabulary.write(draft.folder / "vocabulary.parquet")
    np.save(draft.folder / "item_vectors.npy", places(data.counts["test"], best)[:, None])
    figures = {"counts": best, "validation_ndcg": ndcg}
    draft.seal({"kind": KIND, "snapshot": data.snapshot, "parameters": {}, "figures": figures})


def places(counts: dict[str, np.ndarray], by: str) -> np.ndarray:
    """Score of each item by its place, (items + 1,) float32 in (0, 1], row 0 zero.

    Places by `counts[by]`, then by the other counts, then by index: as good as the counts, without ties.
    """
    (other,) = (name for name in COUNTS if name != by)
    order = np.lexsort((-counts[other][1:], -counts[by][1:])) + 1
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

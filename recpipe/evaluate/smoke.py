"""The smoke test: before a version is champion, a few lists are made with it as they would be published."""

import numpy as np

from recpipe.core.errors import DataError
from recpipe.core.ranking import Ranker, Ranking, UnusableModel
from recpipe.core.registry import NEWEST
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.evaluate.scores import is_constant

USERS = 64
LENGTH = 10


def smoke_test(workspace: Workspace, version: str) -> None:
    """Load `version` from the disk and rank for the first users of the newest snapshot.

    Raises DataError if there is no such version or no snapshot, naming a file that is missing or altered, or
    saying what is wrong with the lists: all are empty, scores are not finite or the same for every item.
    """
    from recpipe import rank  # its loader loads TensorFlow

    workspace.models.path(version)
    snapshot = Snapshot.open(workspace, workspace.snapshots.resolve("", NEWEST))
    recommender = rank.load(workspace, version)
    # of lists of the other kind a second stage says nothing: its retrieval alone would be tested
    exclude_seen = recommender.second is not None and recommender.second.excludes_seen
    try:
        ranker = Ranker(recommender, snapshot, "now")
        first = next(snapshot.chunks(USERS))
        ranking = ranker.rank(first, LENGTH, exclude_seen=exclude_seen)
        if not ranking.indices.any():  # they had everything
            ranking = ranker.rank(first, LENGTH, exclude_seen=False)
    except UnusableModel as error:
        raise _failed(version, error.message) from None
    if problem := _problem(ranking):
        raise _failed(version, problem)


def _problem(ranking: Ranking) -> str:
    is_listed = ranking.indices > 0
    if not is_listed.any():
        return "no user gets a list"
    if not np.isfinite(ranking.scores[is_listed]).all():
        return "scores are not finite"
    # one score alone cannot differ from another
    if (is_listed[ranking.is_personal].sum(axis=1) > 1).any() and is_constant(ranking):
        return "every item has the same score"
    return ""


def _failed(version: str, problem: str) -> DataError:
    return DataError(
        f"{version}: failed the smoke test, so that it cannot be champion: {problem}", "Train again."
    )

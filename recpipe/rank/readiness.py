"""Whether a second stage is wanted, and can be had, on this machine, for this model and these data."""

import logging

from recpipe.core.bases import base_of
from recpipe.core.errors import DataError, ParameterError, RecpipeError, StageError
from recpipe.core.refits import refit_of
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.rank.fit import Fitted, fit
from recpipe.rank.params import RankParams
from recpipe.rank.ranker import HINT, NothingToRank, why_not
from recpipe.rank.version import load

logger = logging.getLogger("recpipe.rank")


def consider(workspace: Workspace, snapshot: str, model: str, params: RankParams) -> Fitted | None:
    """Train a second stage for the retrieval of `model`, if one is wanted and can be had.

    None if it is not; a line of the log says why. With `enabled` yes what prevents it is raised: see
    `usable`, and NothingToRank where there is too little to learn from. Raises DataError where the retrieval
    was trained on another snapshot, or is a refit: it has seen what the ranker is trained and judged on.
    """
    if not usable(workspace, model, params):
        return None
    base = base_of(workspace, model)
    trained_on, asked = workspace.models.manifest(base)["snapshot"], Snapshot.open(workspace, snapshot).name
    if trained_on != asked:
        raise DataError(
            f"{base}: trained on snapshot {trained_on}, but its candidates are to be ranked on {asked}",
            f"Train on {asked}, or give the stage rank the snapshot {trained_on}.",
        )
    if original := refit_of(workspace, base):
        raise DataError(
            f"{base}: a refit learned from what the ranker would be judged on", f"Give {original} instead."
        )
    retrieval = load(workspace, base)
    try:
        return fit(workspace, snapshot, retrieval, params)
    except NothingToRank as error:
        _refuse(error, params)
        return None


def usable(workspace: Workspace, model: str, params: RankParams) -> bool:
    """Tell whether `model` can be given a second stage; a line of the log says why not.

    With `enabled` yes that is an error: StageError where LightGBM cannot be loaded, ParameterError for a
    model that is popularity.
    """
    if params.enabled == "no":
        logger.info("no second stage: rank.enabled is no")
        return False
    if missing := why_not():
        return _refuse(StageError(missing, HINT), params)
    if workspace.models.manifest(base_of(workspace, model))["kind"] == "popularity":
        told = f"{model} is popularity, the same list for all: there is nothing to put into order"
        return _refuse(ParameterError(told, "Train a model, or use --rank.enabled no."), params)
    return True


def _refuse(error: RecpipeError, params: RankParams) -> bool:
    if params.enabled == "yes":
        raise error
    logger.warning("no second stage: %s", error.message)
    return False

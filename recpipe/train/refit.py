"""Refit: the settings of a version, trained once more on everything up to now, to make the lists.

What is evaluated must not know the test; what is published should know the newest items. So the version
keeps its weights, and its refit is a folder of its own (see `core/refits.py`).
"""

import logging
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from recpipe.core.errors import DataError
from recpipe.core.refits import find_refit, refit_of
from recpipe.core.starts import started_from
from recpipe.core.validation import wrong_values
from recpipe.core.workspace import Workspace
from recpipe.train.data import read_up_to_now
from recpipe.train.fit import fit
from recpipe.train.popularity import KIND, refit_popularity
from recpipe.train.save import save_refit
from recpipe.train.settings import Settings
from recpipe.train.warm_start import COLD, start_from

logger = logging.getLogger("recpipe.train")


def refit(workspace: Workspace, version: str, snapshot: str) -> str:
    """Refit `version` on all of `snapshot` ("" = the newest); return the name of what makes the lists.

    That is the new refit; the one that is here, if this version was refitted on this snapshot before; or the
    version itself, if it was trained with `refit` off. The refit takes the version's parameters, best epoch
    and weights of popularity. A budget is the same once more, and what is left of it decides the step size as
    it did: a version that it cut short within an epoch is refitted about as far. It starts where the version
    did: anew, or from the same weights. No pointer moves. Raises DataError if there is no such version or
    snapshot, or if `version` is a refit itself.
    """
    if made_of := refit_of(workspace, version):
        raise DataError(f"{version}: a refit of {made_of} itself", f"Refit {made_of}.")
    snapshot = workspace.snapshots.resolve(snapshot, "newest")
    manifest = workspace.models.manifest(version)
    # "auto" was settled by the items of then
    params = _settings(version, manifest["parameters"] | {"loss": manifest.get("loss", "auto")})
    if params is None or not params.refit:
        logger.info("refit: none, lists are made by %s as it was evaluated", version)
        return version
    if (start := started_from(workspace, version)) and not workspace.models.has(start):
        logger.warning("refit: none, %s started from %s, which is gone; train again", version, start)
        return version
    found = find_refit(workspace, version, snapshot)
    if found and workspace.models.is_whole(found):
        logger.info("refit: %s is here already", found)
        return found
    name = _refitted(workspace, version, snapshot, params)
    logger.info("refit: %s knows all of snapshot %s", name, snapshot)
    return name


def _refitted(workspace: Workspace, version: str, snapshot: str, params: Settings) -> str:
    manifest = workspace.models.manifest(version)
    data = read_up_to_now(workspace, snapshot, params)
    if manifest["kind"] == KIND:
        return refit_popularity(workspace, data, version)
    figures = manifest["figures"]
    # where a warm start was not made better, one epoch teaches it the newest items
    epochs = max(1, figures["best_epoch"])
    logger.info("refit: %s on all of snapshot %s, %d epochs", version, snapshot, epochs)
    first = started_from(workspace, version)
    start = start_from(workspace, first) if first else COLD
    fitted = fit(data, workspace, start=start, epochs=epochs)
    # versions made before there were two weights have one
    recent, latest = figures.get("popularity_weights") or (figures["popularity_weight"], 0.0)
    weighed = replace(fitted, popularity_weights=(recent, latest))
    return save_refit(workspace, weighed, version)


def _settings(version: str, parameters: dict[str, Any]) -> Settings | None:
    """The parameters a version was trained with; None if this recpipe does not know them any more."""
    try:
        return Settings(**parameters)
    except ValidationError as error:
        first = wrong_values(error)[0]
        where = ".".join(str(part) for part in first["loc"])
        logger.warning(
            "refit: %s was trained by another recpipe (%s: %s); train again", version, where, first["msg"]
        )
        return None

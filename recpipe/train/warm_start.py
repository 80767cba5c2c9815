"""Where training begins: anew, or from what the champion had learned before its own cut.

The weights that were evaluated are taken, never a refit's: those know everything up to their now, and so
events that are held out here. Even so, all that a start has learned from must lie in the train part.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from recpipe.core.errors import ParameterError
from recpipe.core.refits import REFIT_OF
from recpipe.core.snapshot import Snapshot
from recpipe.core.starts import champion_before
from recpipe.core.workspace import Workspace
from recpipe.train.data import TrainingData
from recpipe.train.popularity import KIND
from recpipe.train.settings import Settings
from recpipe.train.weights import WEIGHTS, Weights, read_weights

SHAPE: dict[str, tuple[str, ...]] = {"attention": ("layers", "heads", "max_history")}
"""Parameters that two models of an encoder must share, beside the encoder and the dimension."""

EPOCHS_SHARE = 0.4
"""Share of `train.epochs` that a warm start plans: the step size falls in as much less time."""

CHUNK_USERS = 16_384

logger = logging.getLogger("recpipe.train")


@dataclass(frozen=True)
class Start:
    """What training begins with: the weights of `version`, or where that is "" none, for this `reason`.

    champion: the one that was looked at. learned_until: ISO 8601, the newest event that they learned from.
    """

    champion: str = ""
    version: str = ""
    reason: str = ""
    learned_until: str = ""
    weights: Weights | None = None

    def __str__(self) -> str:
        """Say it in a sentence."""
        return f"warm start from {self.version}" if self.version else f"cold start: {self.reason}"

    def planned(self, params: Settings) -> Settings:
        """The parameters as a training from here runs them: what is known already needs fewer epochs.

        New ids stand beside learned ones, to which singular vectors of their own mean nothing.
        """
        if not self.version:
            return params
        return params.model_copy(
            update={"epochs": math.ceil(EPOCHS_SHARE * params.epochs), "svd_start": False}
        )


COLD = Start()


def warm_start(workspace: Workspace, data: TrainingData) -> Start:
    """Choose where the training of `data` begins, as `train.warm_start` says, and log it.

    Raises ParameterError where it is "on" and there is no champion to start from, or it has another shape, or
    may have learned from events held out here; "auto" then begins anew. Raises DataError naming the file if
    the champion was altered.
    """
    params, champion = data.params, champion_before(workspace, data.snapshot)
    if params.warm_start == "off":
        start = Start(champion, reason="train.warm_start is off")
    elif reason := _why_not(workspace, champion, data):
        if params.warm_start == "on":
            raise ParameterError(
                f"train.warm_start is on, but {reason}", "Use --train.warm_start auto, or off."
            )
        start = Start(champion, reason=reason)
    else:
        start = start_from(workspace, champion)
    logger.info("%s", start)
    return start


def start_from(workspace: Workspace, version: str) -> Start:
    """Begin with the weights of `version`. Raises DataError naming the file if one was altered."""
    folder, manifest = workspace.models.verify(version), workspace.models.manifest(version)
    weights = read_weights(folder, manifest)
    return Start(version, version, learned_until=manifest["learned_until"], weights=weights)


def learned_until(data: TrainingData, start: Start) -> str:
    """The time of the newest event that a training of `data` from `start` learns from, ISO 8601, UTC."""
    newest = str(np.datetime64(data.newest, "us").astype(datetime).isoformat())
    return max(newest, start.learned_until or newest, key=_time)


def _why_not(workspace: Workspace, champion: str, data: TrainingData) -> str:
    """Why `champion` cannot be the start, "" if it can."""
    if not champion:
        return "there is no champion of an earlier snapshot"
    if not workspace.models.has(champion):
        return f"the champion {champion} is gone"
    manifest = workspace.models.manifest(champion)
    if manifest["kind"] == KIND:
        return f"the champion {champion} is popularity, which learns nothing"
    if REFIT_OF in manifest:
        return f"the champion {champion} is a refit, which has learned from all events of its snapshot"
    if WEIGHTS not in manifest["files"]:
        return f"the champion {champion} was made by a recpipe that kept no weights"
    reason = _other_shape(data.params, manifest["parameters"])
    reason = reason or _may_know_held_out(workspace, manifest, data.snapshot)
    return f"the champion {champion} {reason}" if reason else ""


def _other_shape(params: Settings, others: Mapping[str, Any]) -> str:
    for name in ("encoder", "dimension", *SHAPE.get(params.encoder, ())):
        there, here = others.get(name), getattr(params, name)
        if there != here:
            return f"has another shape: train.{name} is {there} there, {here} here"
    return ""


def _may_know_held_out(workspace: Workspace, manifest: Mapping[str, Any], snapshot: str) -> str:
    """How a champion has learned, or may have learned, from what is held out in `snapshot`; "" if not.

    Held out is not what it was trained on, nor what chose its best epoch and stands in the test here.
    """
    own, asked = manifest["split"], workspace.snapshots.manifest(snapshot)["split"]
    if own["kind"] != asked["kind"]:
        return f"was trained with split {own['kind']}, so knows events held out by split {asked['kind']}"
    if own["kind"] != "time":
        return _knows_last_events(workspace, manifest["snapshot"], snapshot)
    if _time(manifest["learned_until"]) >= _time(asked["validation_from"]):
        return (
            f"has learned from events up to {manifest['learned_until']}; here validation begins at "
            f"{asked['validation_from']}"
        )
    if _time(own["test_from"]) > _time(asked["test_from"]):
        return f"was chosen by events up to {own['test_from']}; here the test begins at {asked['test_from']}"
    return ""


def _knows_last_events(workspace: Workspace, trained_on: str, snapshot: str) -> str:
    """The same for split last-event.

    Events are added, or dropped oldest first. So what a user was trained on, before the last two moments,
    stays before them; but a user too new to have anything held out then was trained on whole.
    """
    if not workspace.snapshots.has(trained_on):
        return f"was trained on snapshot {trained_on}, which is gone, so whom it knows whole is not known"
    then, now = (_users(Snapshot.open(workspace, name)) for name in (trained_on, snapshot))
    known_whole = np.intersect1d(then[False], now[True])
    if len(known_whole):
        return f"knows all events of {len(known_whole):,} users of whom the last two are held out now"
    return ""


def _users(snapshot: Snapshot) -> dict[bool, np.ndarray]:
    """Ids of the users by whether they have held-out events."""
    found: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for histories in snapshot.chunks(CHUNK_USERS):
        has_held_out = histories.counts[:, 1:].any(axis=1)
        for held, ids in found.items():
            ids.append(histories.user_ids[has_held_out == held])
    return {held: np.concatenate([np.empty(0, dtype=object), *ids]) for held, ids in found.items()}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

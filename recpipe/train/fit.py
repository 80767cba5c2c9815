"""The training loop: epochs until patience, budget or plan ends them; the weights of the best one."""

import logging
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

from recpipe.core.errors import StageError
from recpipe.core.progress import track
from recpipe.core.workspace import Workspace
from recpipe.train import chance
from recpipe.train.board import Board
from recpipe.train.budget import Budget, Watch
from recpipe.train.checkpoint import Checkpoint, State, key_of, prune
from recpipe.train.data import TrainingData
from recpipe.train.factors import item_factors
from recpipe.train.items import ItemTower
from recpipe.train.judge import check_collapse, embed, judge
from recpipe.train.loader import Loader
from recpipe.train.optimizer import LazyAdam
from recpipe.train.recency import Weights, log_users, vectors_at, weigh_popularity
from recpipe.train.schedule import Schedule
from recpipe.train.settings import Settings
from recpipe.train.two_tower import TwoTower
from recpipe.train.warm_start import COLD, Start

__all__ = ["Fitted", "embed", "fit", "judge", "vectors_at", "weigh_popularity"]

logger = logging.getLogger("recpipe.train")


@dataclass(frozen=True)
class Fitted:
    """A trained model and how it came about.

    curve: a row an epoch (epoch, loss, ndcg, seconds, cpu_seconds). validation_ndcg: NDCG@10 of the judges,
    all items ranked, with the popularity weights. ended: "patience", "budget" or "all epochs". checkpoint:
    what a retry would go on from; `save` removes it. start: what it began with; a warm one is epoch 0, and
    the best one if training made nothing better of it.
    """

    model: TwoTower
    data: TrainingData
    curve: list[dict[str, float]]
    best_epoch: int
    ended: str
    checkpoint: Checkpoint | None
    popularity_weights: Weights
    validation_ndcg: float
    start: Start = COLD


def fit(
    data: TrainingData,
    workspace: Workspace | None = None,
    *,
    start: Start = COLD,
    logs: Path | None = None,
    epochs: int = 0,
) -> Fitted:
    """Train until validation NDCG@10 has not risen for `patience` epochs; keep the best weights.

    With a `workspace` each epoch leaves a checkpoint there: the same training, killed and begun again,
    goes on from it and gives the same weights. `start` is what `warm_start` chose. A spent budget ends
    training within an epoch, which is then judged as it is. `logs` is a folder for TensorBoard. `epochs` ends
    training after so many of the planned ones, the step size being what it is then; 0 runs all of them. Same
    data, parameters, start and machine give the same weights, unless a budget ended them. Raises StageError
    if the loss is not finite or the model has collapsed, naming which. Without judges all epochs are run and
    the last weights kept.
    """
    plan = replace(data, params=start.planned(data.params))
    params = plan.params
    chance.start(params.seed)
    loader = Loader(plan)
    model = build_model(plan, loader)
    build_variables(model, loader)
    if start.weights:
        start.weights.put_into(model, plan)
    checkpoint = Checkpoint(workspace, key_of(plan, epochs, start.version)) if workspace else None
    if workspace:
        prune(workspace)
    state = checkpoint.read(model) if checkpoint else State()
    if start.version and not state.epoch:
        judge_start(state, model, plan)
    run_epochs(model, plan, loader, state, checkpoint, Board(logs), epochs or params.epochs)
    model.set_weights(state.best)
    check_collapse(model, data, params)
    return Fitted(
        *(model, data, state.curve, state.best_epoch, state.ended, checkpoint),
        *weigh_popularity(model, data),
        start,
    )


def run_epochs(
    model: TwoTower,
    data: TrainingData,
    loader: Loader,
    state: State,
    checkpoint: Checkpoint | None,
    board: Board,
    epochs: int,
) -> None:
    """Run epoch after epoch from `state` on, and keep it up to date, until there is a reason to end."""
    params, budget = data.params, Budget(data.params, state.used)
    if state.epoch:
        logger.info("training goes on after epoch %d, from %s", state.epoch, checkpoint and checkpoint.path)
    advance = track("training", (epochs - state.epoch) * loader.steps, "steps")
    while not state.ended:
        started = time.perf_counter(), time.process_time()
        loss, is_cut = run_epoch(model, loader, state.epoch + 1, params.seed, Watch(budget, advance))
        ndcg = judge(model, data, params)
        keep(state, model, loss, ndcg, time.perf_counter() - started[0], time.process_time() - started[1])
        state.ended = "budget" if is_cut or budget.is_spent else why_ended(state, params, epochs)
        state.used = budget.used
        tell(state, epochs)
        rate = float(model.optimizer.learning_rate)
        board.tell(state.epoch, loss=loss, ndcg=ndcg, learning_rate=rate)
        if checkpoint:
            checkpoint.write(model, state)
    logger.info(
        "training ended after epoch %d: %s; best epoch %d", state.epoch, state.ended, state.best_epoch
    )


def judge_start(state: State, model: TwoTower, data: TrainingData) -> None:
    """Note a warm start in `state` as epoch 0: its weights stay if no epoch makes them better."""
    started = time.perf_counter(), time.process_time()
    ndcg = judge(model, data, data.params)
    state.best = model.get_weights()
    if math.isnan(ndcg):
        return  # nobody judges
    spent = {"seconds": time.perf_counter() - started[0], "cpu_seconds": time.process_time() - started[1]}
    state.curve.append({"epoch": 0, "ndcg": ndcg} | spent)
    state.best_ndcg = ndcg
    logger.info("before the first epoch: validation NDCG@10 %.4f", ndcg)


def keep(state: State, model: TwoTower, loss: float, ndcg: float, seconds: float, cpu_seconds: float) -> None:
    """Note an epoch in `state`, and its weights if none were better."""
    state.epoch += 1
    told = {"epoch": state.epoch, "loss": loss, "ndcg": ndcg}
    state.curve.append(told | {"seconds": seconds, "cpu_seconds": cpu_seconds})
    if math.isnan(ndcg) or ndcg > state.best_ndcg:
        state.best, state.best_epoch, state.best_ndcg = model.get_weights(), state.epoch, ndcg


def why_ended(state: State, params: Settings, epochs: int) -> str:
    """The reason not to run another epoch, "" if there is none."""
    if state.epoch - state.best_epoch >= params.patience:
        return "patience"
    return "all epochs" if state.epoch >= epochs else ""


def tell(state: State, epochs: int) -> None:
    """Log the last epoch, and how long those that are left would take."""
    row = state.curve[-1]
    left = (epochs - state.epoch) * state.used[0] / state.epoch
    judged = "nobody judges" if math.isnan(row["ndcg"]) else f"validation NDCG@10 {row['ndcg']:.4f}"
    logger.info(
        "epoch %d of %d: loss %.4f, %s, %.1f s, at most %.0f s left",
        *(state.epoch, epochs, row["loss"], judged, row["seconds"]),
        0 if state.ended else left,
    )


def build_model(data: TrainingData, loader: Loader) -> TwoTower:
    """A compiled, untrained model for this data."""
    params, counts = data.params, data.counts["validation"]
    start = None
    if params.svd_start:
        start = item_factors(data.histories, data.vocabulary.size, params.dimension, params.seed)
    items = ItemTower(params, data.item_inputs, counts["events"] > 0, log_users(counts)[:, 0], start)
    known = data.user_codes, data.past, log_users(counts)
    model = TwoTower(params, data.users.size, items, loader.target_shares, *known)
    model.schedule = Schedule(params, params.epochs * loader.steps)
    model.compile(optimizer=LazyAdam(learning_rate=model.schedule))
    return model


def build_variables(model: TwoTower, loader: Loader) -> None:
    """Let every layer and the optimizer make its variables, so that a checkpoint can be put into them."""
    model.compute_loss(next(iter(next(loader.epoch(1)))), training=True)
    model.optimizer.build(model.trainable_variables)


def run_epoch(model: TwoTower, loader: Loader, epoch: int, seed: int, watch: Watch) -> tuple[float, bool]:
    """One pass over the queries, or less if the budget ends; the mean loss, and whether it was cut short.

    Raises StageError if it is not finite, or if there was nothing to pass over.
    """
    chance.start_epoch(seed, epoch)
    total = steps = 0.0
    for block in loader.epoch(epoch):
        model.fit(block, epochs=1, verbose=0, callbacks=[watch])
        total, steps = total + float(model.mean_loss.total), steps + float(model.mean_loss.count)
        if watch.stopped:
            break
    if steps == 0:
        raise StageError(f"training: epoch {epoch} has no query", "Raise train.half_life_days.")
    loss = total / steps
    if not math.isfinite(loss):
        raise StageError(f"training: the loss is {loss} in epoch {epoch}", "Lower train.learning_rate.")
    return loss, watch.stopped

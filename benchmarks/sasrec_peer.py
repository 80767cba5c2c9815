"""Train RecTools' SASRec and make its lists. Runs in an environment of its own and imports nothing of ours.

    ENVIRONMENT/bin/python benchmarks/sasrec_peer.py EVENTS.npz LISTS.npz K CPU_SECONDS SEED

EVENTS.npz: `users` (m,), `items` (m,), ordered within a user, oldest first; `asked` (u,), who gets a list.
LISTS.npz: `items` (u, k), best first, -1 where there are fewer; `steps`, and `cpu_seconds` of training.
The environment has `rectools[torch]`, which pins older NumPy and pandas than recpipe.
"""

import os
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait burn no CPU time; before torch loads

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import Callback, Trainer, seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

SETTING = {
    "n_factors": 64,
    "n_blocks": 2,
    "n_heads": 1,
    "session_max_len": 50,
    "dropout_rate": 0.2,
    "loss": "softmax",
    "lr": 2e-3,
    "batch_size": 32,
    "use_key_padding_mask": True,
}
"""The sizes that `attention` has by default, in small steps, which reach further on a budget."""
MAX_EPOCHS = 1000


class CpuBudget(Callback):
    """Ends the training after some CPU seconds of this process, all threads counted.

    Lightning trains with a copy of it, so it cannot tell anything afterwards.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.process_time() + seconds

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        """Stop within the epoch."""
        if time.process_time() >= self._ends_at:
            trainer.should_stop = True


def main(events: str, lists: str, k: str, cpu_seconds: str, seed: str) -> None:
    """Train, rank and write."""
    seed_everything(int(seed))
    given = np.load(events)
    dataset = Dataset.construct(interactions(given["users"], given["items"]))
    began = time.process_time()
    budget = CpuBudget(float(cpu_seconds))
    model = SASRecModel(**SETTING, epochs=MAX_EPOCHS, get_trainer_func=lambda: trainer(budget))
    model.fit(dataset)
    spent = time.process_time() - began
    found = model.recommend(given["asked"], dataset, int(k), filter_viewed=True)
    steps = model.fit_trainer.global_step
    np.savez(lists, items=places(found, given["asked"], int(k)), steps=steps, cpu_seconds=spent)


def interactions(users: np.ndarray, items: np.ndarray) -> pd.DataFrame:
    """Return events as RecTools wants them: an event's place in its user's history stands for its time."""
    place = pd.Series(users).groupby(users).cumcount()
    return pd.DataFrame(
        {
            Columns.User: users,
            Columns.Item: items,
            Columns.Weight: 1.0,
            Columns.Datetime: pd.to_datetime(place, unit="s"),
        }
    )


def trainer(budget: CpuBudget) -> Trainer:
    """Return a trainer that writes no files and stops at the budget."""
    return Trainer(
        accelerator="cpu",
        max_epochs=MAX_EPOCHS,
        min_epochs=0,
        callbacks=[budget],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def places(found: pd.DataFrame, asked: np.ndarray, k: int) -> np.ndarray:
    """Return the lists as (u, k), in the order of `asked`."""
    lists = np.full((len(asked), k), -1, np.int64)
    row = pd.Series(np.arange(len(asked)), index=asked)[found[Columns.User]].to_numpy()
    lists[row, found[Columns.Rank].to_numpy() - 1] = found[Columns.Item].to_numpy()
    return lists


if __name__ == "__main__":
    torch.set_num_threads(2)
    main(*sys.argv[1:])

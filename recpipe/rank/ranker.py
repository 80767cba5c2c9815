"""LambdaRank: trees that learn in what order candidates were taken (LightGBM).

Burges, "From RankNet to LambdaRank to LambdaMART: An Overview" (2010).
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recpipe.core.errors import DataError, StageError
from recpipe.core.recommender import UnusableModel
from recpipe.rank.params import RankParams
from recpipe.rank.table import Table

if TYPE_CHECKING:
    from lightgbm import Booster

FEW_IN_LEAF, ROWS_A_LEAF = 200, 50
"""Least candidates in a leaf; of small tables a fiftieth of one leaf's even share."""
MISSING = "LightGBM needs the system's OpenMP library (libgomp.so.1), which is not here"


HINT = "Install it (on Debian the package libgomp1), or use --rank.enabled no."


class NothingToRank(DataError):
    """There is too little to learn an order from."""


@dataclass(frozen=True)
class LambdaRank:
    """Trained trees of several seeds, and the names of the features they read, in order."""

    boosters: tuple["Booster", ...]
    names: tuple[str, ...]

    def scores(self, features: np.ndarray, names: Sequence[str], rounds: int = 0) -> np.ndarray:
        """Return the mean score of the seeds, (c,) float32, of features (c, len(names)).

        rounds: by the first so many trees of each seed, 0 for all.

        Raises UnusableModel naming the features if they are not those it was trained with: such a champion
        does not count, rather than stopping every run.
        """
        if tuple(names) != self.names:
            apart = sorted(set(names) ^ set(self.names)) or ["in another order"]
            raise UnusableModel(
                f"the ranker was trained with other features than it is given: {', '.join(apart)}",
                "Run `recpipe run`: a ranker of today's features can take its place.",
            )
        if not len(features):
            return np.zeros(0, np.float32)
        found = [
            booster.predict(features, num_iteration=rounds or None, num_threads=1)
            for booster in self.boosters
        ]
        return np.mean(found, axis=0).astype(np.float32)

    def importances(self) -> dict[str, float]:
        """Return by feature the share of the gain of all splits, the largest first."""
        gains = np.sum([booster.feature_importance("gain") for booster in self.boosters], axis=0)
        shares = gains / max(gains.sum(), 1e-12)
        order = np.argsort(-shares, kind="stable")
        return {self.names[column]: float(shares[column]) for column in order}

    def texts(self) -> list[str]:
        """Return each seed's trees in LightGBM's text format."""
        return [booster.model_to_string() for booster in self.boosters]


def why_not() -> str:
    """Say why LightGBM cannot be used on this machine, "" if it can."""
    try:
        importlib.import_module("lightgbm")
    except OSError as error:
        return f"{MISSING} ({error})"
    return ""


def train_ranker(
    tables: Sequence[Table], names: Sequence[str], params: RankParams, rounds: int, seeds: int
) -> LambdaRank:
    """Train `seeds` rankers on the features `names` of tables, of users of whom some candidate was taken.

    A feature that a table does not have is missing there. Raises NothingToRank where nothing was taken, or
    everything, so that there is no order to learn.
    """
    lightgbm = _lightgbm()
    labels = np.concatenate([table.taken for table in tables])
    if not labels.any() or labels.all():
        told = "none" if not labels.any() else "every one"
        raise NothingToRank(
            f"{told} of the {len(labels):,} candidates was taken in the window: there is no order to learn",
            "Use rank.enabled no, or more generators or candidates.",
        )
    boosters = []
    for number in range(seeds):
        seed = params.seed + number
        features, taken, lengths = _sampled(tables, names, params.negatives, seed)
        leaf = min(FEW_IN_LEAF, max(1, len(taken) // (ROWS_A_LEAF * params.leaves)))
        settings = {
            "objective": "lambdarank",
            "num_leaves": params.leaves,
            "learning_rate": params.learning_rate,
            "min_data_in_leaf": leaf,
            "feature_fraction": 0.4,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "lambdarank_truncation_level": 30,
            "max_bin": 63,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,  # more of them wait busily for each other where cores are shared
            "verbose": -1,
        }
        data = lightgbm.Dataset(
            features,
            taken.astype(np.int32),
            group=lengths,
            feature_name=list(names),
            params={"max_bin": 63, "verbose": -1, "min_data_in_bin": 1},
        )
        boosters.append(lightgbm.train(settings, data, rounds))
    return LambdaRank(tuple(boosters), tuple(names))


def read_ranker(paths: Sequence[Path], names: Sequence[str]) -> LambdaRank:
    """Read rankers of `texts`. Raises DataError naming the file that is none, or reads other features."""
    lightgbm = _lightgbm()
    boosters = []
    for path in paths:
        try:
            booster = lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))
        except lightgbm.basic.LightGBMError as error:
            raise DataError(f"{path}: no ranker ({error})", "Run the stage `rank` again.") from None
        if booster.feature_name() != list(names):
            raise DataError(f"{path}: reads other features than its manifest says", "Run `rank` again.")
        boosters.append(booster)
    return LambdaRank(tuple(boosters), tuple(names))


def _lightgbm() -> Any:
    if missing := why_not():
        raise StageError(missing, HINT)
    return importlib.import_module("lightgbm")


def _sampled(
    tables: Sequence[Table], names: Sequence[str], negatives: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of what is learned from, whether it was taken, and of how many candidates each user is.

    All that were taken, and some of those that were not, of users who took any.
    """
    random = np.random.default_rng(seed)
    features, labels, groups = [], [], []
    for table in tables:
        users = table.items.row_numbers
        taken = np.bincount(users[table.taken], minlength=len(table.items))
        share = negatives / np.maximum(table.items.lengths - taken, 1)
        drawn = random.random(len(users)) < share[users]
        rows = np.flatnonzero((table.taken | drawn) & (taken > 0)[users])
        features.append(table.columns(names, rows))
        labels.append(table.taken[rows])
        groups.append(np.bincount(users[rows], minlength=len(table.items)))
    lengths = np.concatenate(groups)
    return np.concatenate(features), np.concatenate(labels), lengths[lengths > 0]

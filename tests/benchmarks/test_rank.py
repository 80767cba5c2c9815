"""The benchmark of the second stage: who stands beside it, and what it prints of them."""

import json

import numpy as np
import pytest
import rank
from peers.tuned import SETTINGS, judged_peers, tuned_peers
from rank_runs import ABLATIONS, Measured

from recpipe.core.errors import ParameterError
from recpipe.evaluate import HeldOut
from recpipe.evaluate.peers import peers_of
from recpipe.rank.features import FIXED_NAMES
from recpipe.rank.params import RankParams


def line(report: str, name: str) -> list[str]:
    (found,) = [row for row in report.splitlines() if row.startswith(f"| {name} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


@pytest.mark.parametrize("key", json.loads(SETTINGS.read_text()))
def test_each_tuned_setting_tells_all_that_its_peer_is_tuned_by(key: str) -> None:
    data, split, seen = key.split(", ")
    for name, (peer, setting) in tuned_peers(data, split, seen).items():
        plain = peers_of(split, seen)[name.removesuffix(" with prior")]
        assert any(set(start) - {"half_life"} <= set(setting) for start in plain.starts), name
        assert set(setting) <= {axis for one in (peer, plain) for axis in one.axes} | {
            value for one in (peer, plain) for start in one.starts for value in start
        }


def test_peers_of_data_that_nobody_tuned_for_are_an_error() -> None:
    with pytest.raises(ParameterError, match="no peer was tuned for ml-100k, time, exclude"):
        tuned_peers("ml-100k", "time", "exclude")


def test_tuned_peers_take_the_test(board: HeldOut) -> None:
    popularity = {
        "popularity, all time": (peers_of("time", "exclude")["popularity, all time"], {"by": "users"})
    }
    ((name, ndcg),) = judged_peers(popularity, board)
    assert name == "popularity, all time"
    assert len(ndcg) == board.counts.users


def test_everyone_stands_beside_the_best_peer_and_models_beside_their_retrieval() -> None:
    models = [
        Measured("mean-1", np.array([0.2, 0.4]), {1: np.array([0.5, 0.7])}, {1: 50}),
        Measured("mean-2", np.array([0.2, 0.2]), {1: np.array([0.3, 0.5])}, {1: 83}),
    ]
    report = rank.report({"ALS": np.array([0.1, 0.3]), "EASE": np.array([0.3, 0.5])}, models)
    assert line(report, "ALS")[1:3] == ["0.2000", "0.500"]
    assert line(report, "retrieval alone, mean-2")[1:3] == ["0.2000", "0.500"]
    assert line(report, "ranked, seed 1 (50 trees)")[1:3] == ["0.6000", "1.500"]
    *_, ahead, gained = line(report, "**ranked, mean of 2**")
    assert ahead.startswith("0.1000 ")
    assert gained.startswith("0.2500 ")
    assert "without the tower" not in report


@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablation_takes_some_features_and_leaves_others(name: str) -> None:
    generators = RankParams().generators
    names = [*FIXED_NAMES, *(f"{each}_{what}" for each in generators for what in ("score", "rank"))]
    taken = [each for each in names if each.startswith(ABLATIONS[name])]
    assert 0 < len(taken) < len(names)

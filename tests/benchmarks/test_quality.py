"""The benchmarks around the peers: what they ask for, keep and print."""

from pathlib import Path
from typing import Literal

import defaults
import families
import numpy as np
import peer_results
import pytest
import quality
from datasets import collect_options
from pydantic import BaseModel
from quality_table import peer_row
from stages import Trained, pipeline_params

from recpipe.core.errors import ParameterError
from recpipe.evaluate import HeldOut
from recpipe.evaluate.peers import peers_of


def result(name: str, ndcg: list[float], on_edge: tuple[str, ...] = ()) -> dict:
    costs = {"fit_cpu_seconds": 1.0, "tune_cpu_seconds": 20.0, "wall_seconds": 30.0, "peak_mib": 400.0}
    setting = {"l2": 5.0, "half_life": 60}
    return {"name": name, "setting": setting, "on_edge": on_edge, "ndcg": ndcg, "recall": ndcg, **costs}


def trained(seed: int, ndcg: list[float]) -> Trained:
    return Trained(seed, f"mean-{seed}", np.array(ndcg), np.array(ndcg), 100.0 * seed, 90.0, 500.0 * seed)


def line(report: str, name: str) -> list[str]:
    found = [row for row in report.splitlines() if row.startswith(f"| {name}")]
    return [cell.strip() for cell in found[0].strip("|").split("|")]


def test_the_table_sets_everyone_beside_the_best_peer(board: HeldOut) -> None:
    peers = [peer_row(result("ALS", [0.1, 0.3])), peer_row(result("EASE", [0.2, 0.6], ("l2",)))]
    models = [trained(1, [0.4, 0.8]), trained(2, [0.6, 0.6])]
    report = quality.report("data", board, peers, models, "--train.epochs 3")
    assert line(report, "ALS") == [
        *("ALS", "l2 5.0, half life 60", "0.2000", "0.1000", "0.2000", "1.0", "20", "30", "400", "0.500")
    ]
    assert line(report, "EASE")[1].endswith("(on its edge: l2)")
    assert line(report, "recpipe, 2 seeds") == [
        *("recpipe, 2 seeds", "--train.epochs 3", "0.6000", "0.1000", "0.6000", "150", "0.0", "90", "1,000"),
        "1.500",
    ]
    assert "ahead of the best peer, EASE, by +0.2000 ± 0.1000" in report
    assert "3.00 × ALS, 1.50 × EASE" in report
    assert "seed 1: 0.6000 (mean-1)" in report


def test_a_peer_is_measured_once_and_then_read(board: HeldOut, monkeypatch) -> None:
    peer = peers_of("time", "exclude")["popularity, all time"]
    measured = peer_results._results(peer, board)
    assert len(measured[0]["ndcg"]) == board.counts.users
    assert measured[0]["peak_mib"] > 10
    monkeypatch.setattr(peer_results, "measure", lambda command: pytest.fail("measured twice"))
    assert peer_results._results(peer, board) == measured


@pytest.mark.parametrize("change", [{"seen": "allow"}, {"k": 5}])
def test_another_question_is_measured_anew(board: HeldOut, change: dict) -> None:
    from dataclasses import replace

    peer = peers_of("time", "exclude")["popularity, all time"]
    assert peer_results._path(peer, replace(board, **change)) != peer_results._path(peer, board)
    wider = replace(peer, axes={"by": ("events", "users", "baskets")})
    assert peer_results._path(wider, board) != peer_results._path(peer, board)


def test_movielens_is_read_where_the_option_says_in_its_own_order(tmp_path: Path) -> None:
    for name in ("events", "items", "users"):
        (tmp_path / f"{name}.parquet").touch()
    params = pipeline_params(collect_options("ml-1m", str(tmp_path)))
    assert params.collect.events == str(tmp_path / "events.parquet")
    assert params.collect.columns == {"event_order": "user_order"}
    assert pipeline_params(collect_options("ml-100k", str(tmp_path))).collect.columns == {}


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_files_that_are_not_there_are_asked_for_with_their_columns(folder: str, capsys) -> None:
    arguments = ["--data", "ml-1m", "--folder", folder, "--workspace", "unused"]
    with pytest.raises(ParameterError, match=r"ml-1m: no events\.parquet in") as refused:
        quality.measure_quality(*quality.parser().parse_known_args(arguments), None)  # type: ignore[arg-type]
    assert "user_order" in refused.value.hint


def test_options_of_the_stages_are_passed_on_and_others_refused() -> None:
    _, passed_on = quality.parser().parse_known_args(["--seeds", "1,2", "--train.dimension", "32"])
    assert pipeline_params(["--source", "complete-journey", *passed_on]).train.dimension == 32
    with pytest.raises(ParameterError, match=r"train\.dimensio"):
        pipeline_params(["--train.dimensio", "32"])


def test_families_are_read_from_the_parameters() -> None:
    class Params(BaseModel):
        encoder: Literal["mean", "id"] = "mean"
        loss: Literal["auto", "softmax", "bce"] = "auto"
        dimension: int = 64

    assert families.choices("encoder", Params) == ["mean", "id"]
    assert families.choices("loss", Params) == ["softmax", "bce"]
    assert "mean" in families.choices("encoder")
    for absent in ("dimension", "nothing"):
        with pytest.raises(ParameterError, match=f"train.{absent} offers no choice"):
            families.choices(absent, Params)


def test_families_stand_side_by_side() -> None:
    ndcg = {("mean", "softmax"): 0.1, ("mean", "bce"): 0.2, ("id", "softmax"): 0.3, ("id", "bce"): 0.4}
    report = families.report({family: trained(1, [of, of]) for family, of in ndcg.items()}, 10)
    assert "| NDCG@10 | softmax | bce |" in report
    assert "| id | 0.3000 ± 0.0000 | 0.4000 ± 0.0000 |" in report
    assert "| mean | bce | 0.2000 | 0.2000 | 100 | 90 | 500 |" in report


def test_each_family_is_trained_within_the_budget(board: HeldOut, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(families, "choices", lambda name: {"encoder": ["a", "b"], "loss": ["x"]}[name])
    monkeypatch.setattr(families, "pipeline_params", lambda given: given)
    monkeypatch.setattr(families, "make_snapshot", lambda *_: board)

    def train(workspace, given, test, seed):
        asked.append((given, seed))
        return trained(seed, [0.5])

    monkeypatch.setattr(families, "train_and_test", train)
    arguments = ["--data", "complete-journey", "--cpu-seconds", "7", "--train.dimension", "8"]
    report = families.measure_families(*families.parser().parse_known_args(arguments), board.workspace)
    assert [given[-4:] for given, _ in asked] == [
        ["--train.encoder", encoder, "--train.loss", "x"] for encoder in "ab"
    ]
    for given, _ in asked:
        options = dict(zip(given[::2], given[1::2], strict=True))
        assert options["--train.max_cpu_seconds"] == "7.0"
        assert options["--train.dimension"] == "8"
    assert "7 CPU-s each" in report


def test_the_defaults_stand_beside_twelve_settings() -> None:
    assert len(defaults.SETTINGS) == 12
    for options in defaults.SETTINGS.values():
        assert pipeline_params(list(options)).train != pipeline_params([]).train
    three = {name: trained(1, [value]) for name, value in {"defaults": 0.4, "one": 0.5, "other": 0.2}.items()}
    report = defaults.report(three, {"defaults": 0.3, "one": 0.1, "other": 0.2}, 10)
    assert line(report, "one")[1] == "0.5000"
    assert "on test the defaults reach 0.800 of the best, one" in report
    assert "on validation the defaults reach 1.500 of the best, other" in report

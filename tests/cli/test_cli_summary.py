from pathlib import Path

import pytest

from recpipe.cli.summary import summary
from recpipe.core.workspace import Workspace
from recpipe.run.results import StageResult

FIGURES = {
    "collect": {
        "read": 1_469_307,
        "kept": 1_469_293,
        "duplicate": 14,
        "quarantined": 0,
        "users": 2_469,
        "items": 68_509,
        "first_event_at": "2017-01-01 11:53:26",
        "last_event_at": "2018-01-01 04:01:20",
    },
    "evaluate": {
        "metrics": {
            "model": {"ndcg": 0.0571, "recall": 0.061},
            "popularity": {"ndcg": 0.031, "recall": 0.03},
        },
        "k": 10,
        "decision": "mean-1 becomes champion",
        "rules": [
            {"rule": "ahead of popularity", "passed": True, "why": "is ahead of popularity-1"},
            {"rule": "full lists", "passed": False, "why": "fills 90.0% of its lists"},
        ],
    },
    "recommend": {
        "users": 2_469,
        "rows": 49_380,
        "samples": [{"user_id": "h1", "last": ["Bread"], "recommended": ["Butter", "Jam"]}],
    },
}
IDS = {
    "collect": {"data": "d1"},
    "features": {"snapshot": "20180101-abc"},
    "train": {"model": "mean-1", "popularity": "popularity-1"},
    "evaluate": {"champion": "mean-1", "refitted": "mean-1-refit-2"},
    "recommend": {"publication": "pub-1"},
}


@pytest.fixture
def results(tmp_path: Path) -> list[StageResult]:
    run = tmp_path / "runs" / "r1"
    return [
        StageResult(stage, ids, FIGURES.get(stage, {}), str(run / stage), 1.0) for stage, ids in IDS.items()
    ]


def test_everything_a_person_wants_to_know_is_printed(results: list[StageResult], tmp_path: Path) -> None:
    text = summary(results, Workspace(tmp_path))
    for part in (
        "1,469,307 read = 1,469,293 kept, 14 duplicate, 0 quarantined",
        "2,469 users, 68,509 items, 2017-01-01 to 2018-01-01",
        "20180101-abc",
        "mean-1                 NDCG@10 0.0571, recall@10 0.0610",
        "popularity-1           NDCG@10 0.0310, recall@10 0.0300",
        "mean-1 becomes champion",
        "the gate      ✓ ahead of popularity: is ahead of popularity-1\n",
        "              ✗ full lists: fills 90.0% of its lists\n",
        "mean-1-refit-2, on everything up to now",
        "user h1",
        "Butter; Jam",
        str(tmp_path / "recommendations" / "pub-1"),
        str(tmp_path / "runs" / "r1"),
        f"recpipe recommend h1 --workspace {tmp_path}",
    ):
        assert part in text


def test_the_page_of_the_evaluation_is_named(tmp_path: Path) -> None:
    result = StageResult("evaluate", {}, FIGURES["evaluate"] | {"page": "runs/1/evaluate/evaluation.html"})
    assert "evaluation    runs/1/evaluate/evaluation.html" in summary([result], Workspace.open(tmp_path))


def test_missing_figures_are_left_out_calmly(tmp_path: Path) -> None:
    results = [StageResult(stage, ids) for stage, ids in IDS.items()]
    text = summary(results, Workspace(tmp_path))
    assert "NDCG" not in text
    assert "20180101-abc" in text


def test_after_one_stage_the_rest_is_what_to_do_next(tmp_path: Path) -> None:
    text = summary([StageResult("features", {"snapshot": "s1"})], Workspace(tmp_path))
    assert f"recpipe run --workspace {tmp_path}" in text
    assert "recpipe export" not in text

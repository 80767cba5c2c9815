from pathlib import Path, PurePosixPath

import pytest

from flows.links import is_served, link_to


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RECPIPE_REPORTS_URL", "http://127.0.0.1:4300")
    monkeypatch.setenv("RECPIPE_REPORTS_ROOT", str(tmp_path))
    return tmp_path


def test_a_file_of_a_run_has_an_address_while_reports_are_served(served: Path) -> None:
    notebook = served / "runs" / "20240101-1a2b" / "train" / "3 train.html"
    assert link_to(notebook) == "http://127.0.0.1:4300/runs/20240101-1a2b/train/3%20train.html"


def test_nothing_has_an_address_while_nobody_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RECPIPE_REPORTS_URL", raising=False)
    assert link_to(tmp_path / "runs" / "a.html") == ""


def test_a_file_of_another_workspace_has_no_address(served: Path) -> None:
    assert link_to(served.parent / "other" / "runs" / "a.html") == ""


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("runs/20240101-1a2b/report.html", True),
        ("runs/20240101-1a2b/train/3_train.ipynb", True),
        ("models/mean-1/card.md", True),
        ("models/mean-1/evaluation.html", True),
        ("models/mean-1/manifest.json", False),
        ("models/mean-1/saved_model/card.md", False),
        ("recpipe.duckdb", False),
        ("settings.json", False),
        ("runs/.tmp-1/a.html", False),
        (".prefect/prefect.db", False),
    ],
)
def test_only_what_runs_left_and_the_models_cards_are_served(path: str, served: bool) -> None:
    assert is_served(PurePosixPath(path)) is served

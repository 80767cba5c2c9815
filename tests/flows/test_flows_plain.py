"""What the flows do without Prefect."""

import logging
import os
import socket
import tomllib
from pathlib import Path

import pytest

from flows.logs import log_to
from flows.report import run_report
from flows.server import running_server
from flows.settings import prefect_settings, set_defaults
from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace
from recpipe.run.results import StageResult


def test_the_report_is_a_table_of_ids_and_figures_by_stage() -> None:
    results = [
        StageResult("collect", {"data": "d1"}, {"read": 1_469_307}, seconds=12.4),
        StageResult(
            "evaluate",
            {"champion": "m1"},
            {"metrics": {"model": {"ndcg": 0.12345}}, "list": [1]},
            reused=True,
        ),
    ]
    lines = run_report("r1", results).splitlines()
    assert lines[0] == "# Run r1"
    assert "| **collect** | | 12 s |" in lines
    assert "| | read | 1,469,307 |" in lines
    assert "| **evaluate** | | reused |" in lines
    assert "| | metrics.model.ndcg | 0.1235 |" in lines
    assert not any("list" in line for line in lines)


def test_the_report_tells_how_each_rule_of_the_gate_was_kept() -> None:
    rules = [
        {"rule": "ahead of popularity", "passed": True, "why": "is ahead"},
        {"rule": "coverage", "passed": False, "why": "has 1|2"},
    ]
    lines = run_report("r", [StageResult("evaluate", {"champion": "m1"}, {"rules": rules})]).splitlines()
    assert lines[lines.index("## The gate") + 2 :] == [
        "| rule | | the challenger |",
        "|---|---|---|",
        "| ahead of popularity | kept | is ahead |",
        "| coverage | **broken** | has 1\\|2 |",
    ]
    assert "## The gate" not in run_report("r", [StageResult("evaluate", {"champion": "m1"})])


def test_a_bar_in_a_value_does_not_break_the_table() -> None:
    assert "| | champion | a\\|b |" in run_report("r", [StageResult("evaluate", {"champion": "a|b"})])


def test_settings_are_defaults_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "environ", {"PREFECT_HOME": "/mine"})
    set_defaults(prefect_settings(Workspace(tmp_path)))
    assert os.environ["PREFECT_HOME"] == "/mine"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


def test_what_the_repository_sets_for_prefect_is_what_recpipe_sets() -> None:
    table = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["tool"]["prefect"]
    ours = prefect_settings(Workspace(Path()))
    for group, settings in table.items():
        for name, value in settings.items():
            assert ours[f"PREFECT_{group}_{name}".upper()] == str(value).lower()


def test_prefects_state_lies_in_the_workspace(tmp_path: Path) -> None:
    assert prefect_settings(Workspace(tmp_path))["PREFECT_HOME"] == str(tmp_path / ".prefect")


def test_the_log_of_a_run_holds_what_was_logged_meanwhile_tracebacks_included(tmp_path: Path) -> None:
    logger = logging.getLogger("prefect.flow_runs")
    with log_to(tmp_path / "prefect.log"):
        try:
            raise ZeroDivisionError
        except ZeroDivisionError:
            logger.exception("during")
    logger.error("after")
    text = (tmp_path / "prefect.log").read_text()
    assert "ZeroDivisionError" in text
    assert "during" in text
    assert "after" not in text


def test_a_port_in_use_is_refused_before_a_server_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "environ", {})
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(ParameterError, match=f"--port {port}"),
            running_server(Workspace.open(tmp_path), port),
        ):
            pass
    assert not (tmp_path / "prefect-server.log").exists()


def test_a_server_that_is_named_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "environ", {"PREFECT_API_URL": "http://prefect:4200/api"})
    with running_server(Workspace(tmp_path), 4200) as address:
        assert address == "http://prefect:4200"

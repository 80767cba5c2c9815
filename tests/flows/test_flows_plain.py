"""What the flows do without Prefect."""

import logging
import os
import socket
import tomllib
from pathlib import Path

import pytest

from flows.logs import log_to, mask_logs
from flows.server import running_server
from flows.settings import prefect_settings, set_defaults
from recpipe.core.errors import ParameterError
from recpipe.core.secrets import Mask
from recpipe.core.workspace import Workspace


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


def test_what_is_logged_holds_no_secret_tracebacks_included(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = logging.getLogRecordFactory()
    try:
        mask_logs(Mask(["hidden-word"]))
        logging.getLogger("anybody").error("open %s", "hidden-word")
        logging.getLogger("anybody").error("%d of %d", 1, 2)
        try:
            raise ValueError("hidden-word")
        except ValueError:
            logging.getLogger("anybody").exception("during")
    finally:
        logging.setLogRecordFactory(before)
    assert "hidden-word" not in caplog.text
    assert "open ***" in caplog.text
    assert "ValueError: ***" in caplog.text
    assert caplog.records[1].args == (1, 2), "what tells no secret is left as it was"


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

"""Servers that are there already: which is used, and why another is not. Stand-ins answer for them."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from flows.server import running_server, used
from recpipe.core.errors import ParameterError, RecpipeError, UnreachableError
from recpipe.core.workspace import Workspace

pytestmark = pytest.mark.usefixtures("prefect_defaults")

HERE = version("prefect")
Standin = Callable[[dict[str, tuple[int, Any]]], int]


@pytest.fixture
def standin() -> Iterator[Standin]:
    """Start servers that answer GET with a code and JSON by the end of the path, else 404; their ports."""
    servers = []

    def start(answers: dict[str, tuple[int, Any]]) -> int:
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                code, content = next(
                    (answer for path, answer in answers.items() if self.path.endswith(path)), (404, {})
                )
                self.send_response(code)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Answers))
        threading.Thread(target=servers[-1].serve_forever, args=(0.05,), daemon=True).start()
        return int(servers[-1].server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(api: str) -> str:
    """Look at the server at `api`, as if PREFECT_API_URL named it."""
    from prefect.settings import (
        PREFECT_API_KEY,
        PREFECT_API_URL,
        PREFECT_CLIENT_MAX_RETRIES,
        temporary_settings,
    )

    with temporary_settings({PREFECT_API_URL: api, PREFECT_API_KEY: "key", PREFECT_CLIENT_MAX_RETRIES: 0}):
        return used(api)


def test_a_server_that_is_named_is_used(standin: Standin) -> None:
    port = standin({"/api/admin/version": (200, HERE)})
    assert ask(f"http://127.0.0.1:{port}/api").startswith(f"http://127.0.0.1:{port}")


def test_one_that_tells_no_version_as_prefect_cloud_is_used(standin: Standin) -> None:
    port = standin({})
    assert ask(f"http://127.0.0.1:{port}/api/accounts/1/workspaces/2")


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ((200, "2.20.0"), ParameterError, f"version 2.20.0; here is {HERE}"),
        ((401, {}), ParameterError, "Set PREFECT_API_KEY"),
    ],
)
def test_one_that_cannot_be_used_is_refused_with_the_reason(
    answer: tuple[int, Any], kind: type[RecpipeError], told: str, standin: Standin
) -> None:
    port = standin({"/api/admin/version": answer})
    with pytest.raises(kind) as caught:
        ask(f"http://127.0.0.1:{port}/api")
    assert told in str(caught.value)
    assert f"127.0.0.1:{port}" in str(caught.value)


def test_a_server_that_does_not_answer_is_told_so() -> None:
    with pytest.raises(UnreachableError, match="no Prefect server answers there"):
        ask("http://127.0.0.1:9/api")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(os, "environ", {"PREFECT_HOME": str(tmp_path / "home")})
    return Workspace.open(tmp_path)


def start_at(workspace: Workspace, port: int) -> str:
    with running_server(workspace, port) as server:
        assert server.process is None, "nothing was started"
        return server.ui


def test_a_server_of_this_workspace_that_listens_is_used(workspace: Workspace, standin: Standin) -> None:
    home = os.environ["PREFECT_HOME"]
    port = standin({"admin/settings": (200, {"home": home}), "admin/version": (200, HERE)})
    assert start_at(workspace, port) == f"http://127.0.0.1:{port}"
    assert os.environ["PREFECT_API_URL"] == f"http://127.0.0.1:{port}/api"


def test_a_server_of_this_workspace_in_another_version_is_refused(
    workspace: Workspace, standin: Standin
) -> None:
    home = os.environ["PREFECT_HOME"]
    port = standin({"admin/settings": (200, {"home": home}), "admin/version": (200, "2.20.0")})
    with pytest.raises(ParameterError, match=r"a Prefect server of version 2\.20\.0"):
        start_at(workspace, port)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, f"process {os.getpid()}"),
        ({"admin/settings": (200, {"home": "/other"})}, "the Prefect server of /other"),
    ],
    ids=["something else", "another server"],
)
def test_a_taken_port_is_told_with_who_has_it_and_another_one(
    answers: dict[str, tuple[int, Any]], told: str, workspace: Workspace, standin: Standin
) -> None:
    port = standin(answers)
    with pytest.raises(ParameterError) as caught:
        start_at(workspace, port)
    assert told in str(caught.value)
    assert f"--port {port}: taken by" in str(caught.value)
    assert "Use --port " in str(caught.value)

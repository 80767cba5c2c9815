"""`recpipe up` in a process of its own, and the calls of Prefect's API that a person's clicks make."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError

import psutil

from recpipe.core.workspace import Workspace
from tests.flows.test_flows_interrupt import ROOT, is_gone, wait_until

CLI = (sys.executable, "-c", "import sys; from recpipe.cli import main; sys.exit(main())")
START_SECONDS = 300
BUSY_ATTEMPTS = 10


class Api:
    """The few calls of Prefect's REST API that a person's clicks make."""

    def __init__(self, root: str) -> None:
        self.root = root

    def call(self, path: str, content: dict[str, Any] | None = None, method: str | None = None) -> Any:
        """Ask again, as a person clicks again, where a server on a busy machine says that it cannot now."""
        data = None if content is None else json.dumps(content).encode()
        head = {"Content-Type": "application/json"}
        for attempt in range(BUSY_ATTEMPTS):
            request = urllib.request.Request(f"{self.root}/{path}", data, head, method=method)
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    return json.loads(response.read() or "null")
            except HTTPError as error:
                if error.code != HTTPStatus.SERVICE_UNAVAILABLE or attempt == BUSY_ATTEMPTS - 1:
                    raise
                time.sleep(1 + attempt)
        return None

    def deployment(self, name: str = "pipeline") -> dict[str, Any]:
        return dict(self.call(f"deployments/name/{name}/{name}"))

    def start(self, deployment: dict[str, Any], **parameters: Any) -> str:
        path = f"deployments/{deployment['id']}/create_flow_run"
        return str(self.call(path, {"parameters": deployment["parameters"] | parameters})["id"])

    def run(self, name: str) -> dict[str, Any]:
        return dict(self.call(f"flow_runs/{name}"))

    def runs(self, state: str = "") -> list[dict[str, Any]]:
        chosen = {"flow_runs": {"state": {"type": {"any_": [state]}}}} if state else {}
        return list(self.call("flow_runs/filter", chosen))

    def wait_for(self, run: str, *states: str, seconds: float = 300) -> dict[str, Any]:
        wait_until(lambda: self._state(run) in states, seconds)
        return self.run(run)

    def _state(self, run: str) -> str:
        try:
            return str(self.run(run)["state_name"])
        except TimeoutError:  # of a busy server; the next look may be lucky
            return ""

    def artifacts(self, run: str) -> dict[str, Any]:
        """The artifacts of a run by key."""
        found = self.call("artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
        return {each["key"]: each for each in found}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(**extra: str) -> Mapping[str, str]:
    """The environment of somebody who has set nothing of Prefect's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return kept | {"PYTHONPATH": str(ROOT)} | extra


class RunningUp:
    """A `recpipe up` on a workspace; started again it takes the same ports."""

    def __init__(self, workspace: Workspace, *options: str) -> None:
        self.workspace, self.options = workspace, options
        self.port, self.reports_port = free_port(), free_port()
        self.ui = f"http://127.0.0.1:{self.port}"
        self.api = Api(f"{self.ui}/api")
        self.log = workspace.root.parent / "up.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, **environment: str) -> "RunningUp":
        """Start it and wait until it says that it serves."""
        ports = ("--port", str(self.port), "--reports_port", str(self.reports_port))
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*CLI, "up", "--workspace", str(self.workspace.root), *ports, *self.options, *options],
                env=clean_environment(**environment),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started = self.process
        wait_until(lambda: "Ctrl-C" in self.said() or started.poll() is not None, START_SECONDS)
        assert started.poll() is None, self.said()
        return self

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def child(self, name: str) -> int:
        """The process of the server ("flows.tied") or of the one that serves ("flows.deployments")."""
        assert self.process
        children = psutil.Process(self.process.pid).children()
        (found,) = [child.pid for child in children if name in child.cmdline()]
        return int(found)

    def wait_for_end(self, seconds: float = 120) -> int:
        assert self.process
        return self.process.wait(seconds)

    def end(self) -> int:
        """End it as Ctrl-C does; its children end with it."""
        if self.process is None or self.process.poll() is not None:
            return 0
        children = [child.pid for child in psutil.Process(self.process.pid).children()]
        self.process.send_signal(signal.SIGINT)
        code = self.wait_for_end()
        wait_until(lambda: all(is_gone(child) for child in children), 60)
        return code

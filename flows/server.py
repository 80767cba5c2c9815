"""The processes of `recpipe up`: a Prefect server on loopback, and the one that serves the deployment."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flows.settings import prefect_settings, set_defaults
from recpipe.core.errors import BusyError, ParameterError, StageError
from recpipe.core.workspace import Workspace

HOST = "127.0.0.1"
PYTHON = (sys.executable, "-P", "-m")
"""-P: a folder `flows` where a user happens to be must not take the place of ours."""
START_TIMEOUT_SECONDS = 180
END_TIMEOUT_SECONDS = 30


@contextmanager
def running_server(workspace: Workspace, port: int) -> Iterator[str]:
    """Start a server and yield the address of its UI; it ends with the block.

    Where PREFECT_API_URL names a server already, that one is used. Raises ParameterError if the port
    is taken, StageError if the server does not come up.
    """
    set_defaults(prefect_settings(workspace))
    given = os.environ.get("PREFECT_API_URL")
    if given:
        yield given.removesuffix("/api")
        return
    _check_port(port)
    # these two, not --port: the UI learns the address of its API from them
    address = {"PREFECT_SERVER_API_HOST": HOST, "PREFECT_SERVER_API_PORT": str(port)}
    os.environ |= address | {"PREFECT_API_URL": f"http://{HOST}:{port}/api"}
    log = workspace.root / "prefect-server.log"
    with log.open("ab") as output:
        server = subprocess.Popen(
            [*PYTHON, "prefect", "server", "start"],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: the server ends last, after the runs have reported
        )
        try:
            _wait_until_healthy(server, f"http://{HOST}:{port}/api/health", str(log))
            yield f"http://{HOST}:{port}"
        finally:
            _end(server)


def serve_until_interrupted(settings: dict[str, Any]) -> None:
    """Serve the deployment in a process group of its own, which ends with us, runs and kernels included.

    `settings` are the arguments of `flows.deployments.serve_pipeline`. Raises StageError if it ends by
    itself.
    """
    server = subprocess.Popen(
        [*PYTHON, "flows.deployments"], stdin=subprocess.PIPE, start_new_session=True, text=True
    )
    try:
        server.communicate(json.dumps(settings))
    finally:
        _interrupt_group(server)
    raise StageError(f"the deployment is no longer served (exit code {server.returncode})", "Start it again.")


def _interrupt_group(process: subprocess.Popen[str]) -> None:
    """End a group as Ctrl-C would, so that its runs report and end their kernels; then by force."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_TIMEOUT_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ParameterError(
                f"--port {port}: {(error.strerror or str(error)).lower()}",
                "Choose another --port, or set PREFECT_API_URL to use the server that runs there.",
            ) from None


def _wait_until_healthy(server: subprocess.Popen[bytes], url: str, log: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise StageError(
                f"the Prefect server ended at once (exit code {server.returncode})", f"Read {log}."
            )
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise BusyError(f"the Prefect server did not answer within {START_TIMEOUT_SECONDS} s", f"Read {log}.")


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(END_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()

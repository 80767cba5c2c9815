"""The Prefect server of `recpipe up`: one that is there already, or one of its own on loopback."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from flows.ports import HOST, holder, is_free, next_free
from flows.settings import prefect_settings, set_defaults
from flows.tied import end_group, start_tied
from recpipe.core.errors import BusyError, ParameterError, StageError, UnreachableError
from recpipe.core.workspace import Workspace

START_TIMEOUT_SECONDS = 180
LOG = "prefect-server.log"


@dataclass(frozen=True)
class Server:
    """A Prefect server: the address of its UI, and its process where it is ours."""

    ui: str
    process: "subprocess.Popen[bytes] | None" = None


@contextmanager
def running_server(workspace: Workspace, port: int) -> Iterator[Server]:
    """Yield a server that runs and that PREFECT_API_URL names; one started here ends with the block.

    Where PREFECT_API_URL names a server already, that one is used; else one of this workspace that
    listens at `port`; else one is started there. Raises ParameterError if the port is somebody else's or
    the server is of another version, UnreachableError if it does not answer, StageError if it does not
    come up.
    """
    set_defaults(prefect_settings(workspace))
    given = os.environ.get("PREFECT_API_URL")
    if given:
        yield Server(used(given))
    elif is_free(port):
        with _started(workspace, port) as server:
            yield server
    else:
        _require_ours(port)
        os.environ["PREFECT_API_URL"] = f"http://{HOST}:{port}/api"
        yield Server(f"http://{HOST}:{port}")


@contextmanager
def _started(workspace: Workspace, port: int) -> Iterator[Server]:
    # these two, not --port: the UI learns the address of its API from them
    address = {"PREFECT_SERVER_API_HOST": HOST, "PREFECT_SERVER_API_PORT": str(port)}
    os.environ |= address | {"PREFECT_API_URL": f"http://{HOST}:{port}/api"}
    log = workspace.root / LOG
    with log.open("ab") as output:
        process = start_tied(workspace.root, "flows.tied", "prefect", "server", "start", output=output)
        try:
            _wait_until_healthy(process, f"http://{HOST}:{port}/api/health", str(log))
            yield Server(f"http://{HOST}:{port}", process)
        finally:
            end_group(process)


def used(api: str) -> str:
    """Return the address of the UI of the server at `api`, after a look whether it can be used.

    The key or password that Prefect has for it (PREFECT_API_KEY, PREFECT_API_AUTH_STRING) is sent along.
    Raises UnreachableError if it does not answer, ParameterError if it refuses or is of another version.
    """
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.settings import PREFECT_UI_URL

    try:
        with get_client(sync_client=True) as client:
            found = str(client.request("GET", "/admin/version").json())
    except PrefectHTTPStatusError as error:
        if error.response.status_code != 404:  # Prefect Cloud tells no version, and takes every client's
            raise ParameterError(
                f"PREFECT_API_URL {api}: {error.response.status_code} {error.response.reason_phrase}",
                "Set PREFECT_API_KEY (Prefect Cloud) or PREFECT_API_AUTH_STRING (a server with a password).",
            ) from None
    except (httpx.HTTPError, OSError, ValueError) as error:
        raise UnreachableError(
            f"PREFECT_API_URL {api}: no Prefect server answers there ({error or type(error).__name__})",
            "Start it, or unset PREFECT_API_URL to have one started here.",
        ) from None
    else:
        check_version(found, api)
    return str(PREFECT_UI_URL.value() or api.removesuffix("/api"))


def check_version(found: str, where: str) -> None:
    """Raise ParameterError unless the server at `where` is of the Prefect that is installed here."""
    if found != version("prefect"):
        raise ParameterError(
            f"{where}: a Prefect server of version {found}; here is {version('prefect')}",
            "Start that server from this environment, or choose another --port to have one started.",
        )


def _require_ours(port: int) -> None:
    """Raise ParameterError unless this workspace's server listens at `port`, in our version."""
    settings = _ask(port, "admin/settings")
    if not isinstance(settings, dict) or settings.get("home") != os.environ["PREFECT_HOME"]:
        kind = f", the Prefect server of {settings['home']}" if isinstance(settings, dict) else ""
        to_use = f", or set PREFECT_API_URL=http://{HOST}:{port}/api to use that server" if kind else ""
        raise ParameterError(
            f"--port {port}: taken by {holder(port)}{kind}",
            f"Use --port {next_free(port + 1)}{to_use}.",
        )
    check_version(str(_ask(port, "admin/version")), f"--port {port}")


def _ask(port: int, path: str) -> Any:
    """Return what a Prefect server at `port` answers, None if there is none."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/api/{path}", timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError):  # ValueError: something else answers
        return None


def _wait_until_healthy(server: "subprocess.Popen[bytes]", url: str, log: str) -> None:
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

"""One `recpipe up` a workspace: its place, and the process that serves the deployments."""

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flows.server import LOG, Server
from flows.tied import end_group, start_tied
from recpipe.core.errors import BusyError, DataError, StageError
from recpipe.core.workspace import Workspace

PLACE = ".up.lock"
"""Held by the `recpipe up` of a workspace, and tells its process and API; free when that is gone, however."""


@contextmanager
def only_one(workspace: Workspace) -> Iterator[None]:
    """Be the one `recpipe up` of `workspace`. Raises BusyError naming the one that is."""
    with (workspace.root / PLACE).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            told = _told(workspace)
            raise BusyError(
                f"{workspace.root}: served already by process {told.get('process', 'unknown')}"
                + (f", at {told['ui']}" if "ui" in told else ""),
                "Use that one, end it with Ctrl-C, or name another --workspace.",
            ) from None
        tell(workspace)
        yield


def tell(workspace: Workspace, ui: str = "") -> None:
    """Write down, in the place that is held, who holds it and, once it is known, where the server is."""
    facts = {"process": os.getpid()} | ({"ui": ui, "api": os.environ["PREFECT_API_URL"]} if ui else {})
    (workspace.root / PLACE).write_text(json.dumps(facts), encoding="utf-8")


def api_of(workspace: Workspace) -> str:
    """Return the address of the API of the `recpipe up` of `workspace`, or PREFECT_API_URL's.

    Raises DataError if there is neither.
    """
    given = os.environ.get("PREFECT_API_URL")
    if given:
        return given
    path = workspace.root / PLACE
    if path.is_file():
        with path.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if api := str(_told(workspace).get("api", "")):
                    return api
    raise DataError(
        f"{workspace.root}: nobody serves this workspace",
        f"Start `recpipe up --workspace {workspace.root}`, or set PREFECT_API_URL.",
    )


def _told(workspace: Workspace) -> dict[str, Any]:
    with suppress(ValueError):  # written this moment
        return dict(json.loads((workspace.root / PLACE).read_text(encoding="utf-8")))
    return {}


def serve_until_interrupted(settings: dict[str, Any], workspace: Workspace, server: Server) -> int:
    """Serve the deployments in a process group of its own, which ends with us, runs and kernels included.

    `settings` are the arguments of `flows.deployments.serve`. Returns its exit code where it has said
    itself what is wrong with them. Raises StageError if it, or the server, ends by itself.
    """
    serving = start_tied(workspace.root, "flows.deployments")
    try:
        assert serving.stdin
        serving.stdin.write(json.dumps(settings).encode() + b"\n")
        serving.stdin.flush()
        _wait_for_an_end(serving, server, workspace)
    finally:
        end_group(serving)
    if serving.returncode in {1, 2}:
        return serving.returncode
    raise StageError(
        f"the deployments are no longer served (exit code {serving.returncode})", "Start it again."
    )


def _wait_for_an_end(serving: "subprocess.Popen[bytes]", server: Server, workspace: Workspace) -> None:
    while True:
        with suppress(subprocess.TimeoutExpired):
            serving.wait(1)
            return
        if server.process and server.process.poll() is not None:
            raise StageError(
                f"the Prefect server has ended (exit code {server.process.returncode})",
                f"Start it again; {workspace.root / LOG} may say why.",
            )

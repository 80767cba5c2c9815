"""A papermill engine: passes on what a kernel logs, ends one that takes too long, and leaves none behind."""

import contextlib
import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

from recpipe.core.errors import StageError
from recpipe.core.secrets import Mask
from recpipe.run.results import KernelError

logger = logging.getLogger("recpipe.run")

ENGINE = "recpipe"
KERNEL_LOG = "kernel.log"


class StageClient(PapermillNotebookClient):
    """Executes the cells of one stage; its kernel is gone when `execute` returns, however it does.

    `kernel_log` takes what the kernel's process writes past the notebook, crashes of C code included; `mask`
    is put on all that it sends.
    """

    kernel_log: Path
    mask: Mask

    def process_message(self, msg: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Take a message of the kernel, without secrets: output, error, and what widgets show."""
        return super().process_message(msg | {"content": self.mask.within(msg["content"])}, *args, **kwargs)

    def execute(self, **kwargs: Any) -> NotebookNode:
        """Execute all cells. Raises what papermill and nbclient raise."""
        with self.kernel_log.open("wb") as log:
            try:
                return super().execute(env=_kernel_environment(), stdout=log, stderr=log, **kwargs)
            finally:
                self._end_kernel()

    def log_output_message(self, output: NotebookNode) -> None:
        """Pass on printed lines; tables and pictures stay in the notebook.

        What comes over stderr is mostly noise of libraries: a debug line.
        """
        if output.output_type != "stream":
            return
        level = logging.INFO if output.name == "stdout" else logging.DEBUG
        for line in "".join(output.text).splitlines():
            if line.strip():
                logger.log(level, line.rstrip())

    def _end_kernel(self) -> None:
        # nbclient cleans up behind a started kernel, but not when interrupted while it starts
        provisioner = getattr(self.km, "provisioner", None)
        pid = getattr(provisioner, "pid", None)
        if provisioner and pid and provisioner.has_process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)  # it leads a group of its own, worker processes included


class StageEngine(NBClientEngine):
    """papermill's own engine with `StageClient` in it."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        start_timeout: int,
        timeout_minutes: float,
        mask: Mask,
        **kwargs: Any,
    ) -> None:
        """Execute the notebook in the folder of its stage; `start_timeout` is in seconds.

        Raises StageError if it is not done after `timeout_minutes`, KernelError if the kernel dies; both
        have the number of the `cell` that was at work.
        """
        executed = Path(nb_man.output_path)
        folder, number = executed.parent, 0
        stage, places = folder.name, _code_places(nb_man.nb)
        deadline = time.monotonic() + 60 * timeout_minutes

        def announce(cell: NotebookNode, cell_index: int) -> None:
            nonlocal number
            del cell
            if cell_index in places:
                number = places.index(cell_index) + 1
                facts = {"event": "cell", "stage": stage, "cell": number, "cells": len(places)}
                logger.info("%s: cell %d of %d", stage, number, len(places), extra=facts)

        client = StageClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout_func=lambda _cell: max(0.1, deadline - time.monotonic()),
            log=logging.getLogger("papermill"),
            on_cell_start=announce,
        )
        client.kernel_log = folder / KERNEL_LOG
        client.mask = mask
        client.log_output = True  # else papermill does not call log_output_message at all
        try:
            client.execute()
        except CellTimeoutError as error:
            raise _at(number, _too_long(executed, number, timeout_minutes)) from error
        except DeadKernelError as error:
            raise _at(number, _died(executed, number)) from error


def _too_long(executed: Path, number: int, minutes: float) -> StageError:
    return StageError(
        f"{executed.name}, cell {number}: was still at work when the stage's {minutes:g} minutes were over",
        f"Look at {executed}; allow more with --notebooks.timeout_minutes {executed.parent.name}=MINUTES.",
    )


def _died(executed: Path, number: int) -> KernelError:
    return KernelError(
        f"{executed.name}, cell {number}: its kernel died (killed, or out of memory)",
        f"Run again: finished stages are reused. If it dies again, read {executed.parent / KERNEL_LOG}.",
    )


def _at(number: int, error: StageError) -> StageError:
    error.cell = number  # type: ignore[attr-defined]
    return error


def register_engine() -> str:
    """Make the engine known to papermill and return its name."""
    papermill_engines.register(ENGINE, StageEngine)
    return ENGINE


def _code_places(notebook: NotebookNode) -> list[int]:
    """Return where the cells with code are: the nth of them is what JupyterLab numbers [n]."""
    return [
        place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()
    ]


def _kernel_environment() -> dict[str, str]:
    """Return the environment with absolute import paths: the kernel works in another folder."""
    paths = [
        str(Path(entry).absolute()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry
    ]
    return dict(os.environ) | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})

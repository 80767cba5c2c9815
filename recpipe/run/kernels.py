"""A papermill engine that leaves no kernel behind and passes on what the stage logs."""

import contextlib
import logging
import os
import signal
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

logger = logging.getLogger("recpipe.run")

ENGINE = "recpipe"
KERNEL_LOG = "kernel.log"


class StageClient(PapermillNotebookClient):
    """Executes the cells of one stage; its kernel is gone when `execute` returns, however it does.

    `kernel_log` takes what the kernel's process writes past the notebook, crashes of C code included.
    """

    kernel_log: Path

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
        start_timeout: int = 60,
        **kwargs: Any,
    ) -> None:
        """Execute the notebook in the folder of its stage; `start_timeout` is in seconds."""
        folder = Path(nb_man.output_path).parent
        stage, places = folder.name, _code_places(nb_man.nb)

        def announce(cell: NotebookNode, cell_index: int) -> None:
            del cell
            if cell_index in places:
                number = places.index(cell_index) + 1
                facts = {"event": "cell", "stage": stage, "cell": number, "cells": len(places)}
                logger.info("%s: cell %d of %d", stage, number, len(places), extra=facts)

        client = StageClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=None,
            log=logging.getLogger("papermill"),
            on_cell_start=announce,
        )
        client.kernel_log = folder / KERNEL_LOG
        client.log_output = True  # else papermill does not call log_output_message at all
        client.execute()


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

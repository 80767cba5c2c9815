"""Executing a stage's notebook: the only user of papermill."""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from recpipe.core.disk import disk_errors_named, disk_full
from recpipe.core.errors import RecpipeError, StageError
from recpipe.core.files import write_text
from recpipe.core.secrets import Mask, mask_for
from recpipe.run.results import ERROR, RESULT, KernelError, error_class, write_error

logger = logging.getLogger("recpipe.run")

START_TIMEOUT_SECONDS = 120
"""How long a kernel may take to answer; a busy machine needs many times the usual two."""

TIMEOUT_MINUTES = 7 * 24 * 60.0
"""How long a stage may take unless it is said otherwise: a week, as training does."""

_HINT = "\nTo do: "
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def execute(
    notebook: Path,
    folder: Path,
    parameters: Mapping[str, Any],
    timeout_minutes: float = TIMEOUT_MINUTES,
) -> None:
    """Execute `notebook` with `parameters`; leave it, its HTML and result.json in `folder`.

    Raises the error that a cell raised, when it is one of recpipe's, KernelError when the kernel
    died, else StageError; error.json then says the same. No kernel outlives the call, and no secret of the
    environment is left in a text in `folder`.
    """
    mask = mask_for(parameters)
    executed = folder / notebook.name
    for stale in (RESULT, ERROR, executed.name, executed.with_suffix(".html").name):
        (folder / stale).unlink(missing_ok=True)
    try:
        with disk_errors_named(folder):
            _run_cells(notebook, executed, parameters, timeout_minutes, mask)
        if not (folder / RESULT).is_file():
            raise StageError(
                f"{notebook.name} ran to its end but wrote no result",
                "Call recpipe.stage_result(stage, …) in its last cell.",
            )
    except RecpipeError as error:
        (folder / RESULT).unlink(missing_ok=True)  # of a cell before the one that failed
        with suppress(OSError):  # on a full disk the error itself says more than its file
            write_error(folder, error, str(executed), getattr(error, "cell", 0))
        raise
    finally:
        with suppress(OSError):  # a full disk has no room for it, nor for a secret
            mask.files(folder)
        if executed.is_file():
            _leave_html(executed)


def _run_cells(
    notebook: Path, executed: Path, parameters: Mapping[str, Any], timeout_minutes: float, mask: Mask
) -> None:
    from papermill import PapermillExecutionError, execute_notebook

    from recpipe.run.kernels import register_engine

    logging.getLogger("papermill").setLevel(logging.WARNING)  # its own lines say what ours say
    try:
        execute_notebook(
            notebook,
            executed,
            dict(parameters),
            engine_name=register_engine(),
            kernel_name="python3",
            cwd=notebook.parent,
            progress_bar=False,
            start_timeout=START_TIMEOUT_SECONDS,
            timeout_minutes=timeout_minutes,
            mask=mask,
        )
    except PapermillExecutionError as error:
        raise disk_full(error.evalue, executed.parent) or _told_again(error, notebook) from error
    except RuntimeError as error:
        raise KernelError(f"{notebook.name}: no kernel could be started ({error})", "Run again.") from error


def _told_again(error: Any, notebook: Path) -> RecpipeError:
    """Make the error that a cell raised again, from papermill's account of it."""
    text = _COLOURS.sub("", str(error.evalue))
    message, _, hint = text.partition(_HINT)
    kind = error_class(error.ename)
    if kind is None:
        told: RecpipeError = StageError(
            f"{notebook.name}, cell {error.exec_count}: {error.ename}: {text}",
            "Read the cell in the executed notebook; `recpipe lab` opens the original.",
        )
    else:
        told = kind(message, hint)
    told.cell = error.exec_count  # type: ignore[attr-defined]
    return told


def _leave_html(executed: Path) -> None:
    """Write the HTML if that can be done: a full disk has cut the notebook off, or has no room for more."""
    from nbformat.reader import NotJSONError

    with suppress(OSError, NotJSONError):
        write_html(executed)


def write_html(executed: Path) -> None:
    """Write an executed notebook as HTML beside it, complete without internet."""
    from nbconvert import HTMLExporter

    names = ("mathjax_url", "require_js_url", "jquery_url", "mermaid_js_url", "mermaid_layout_elk_js_url")
    logging.getLogger("traitlets").setLevel(logging.ERROR)  # it asks for alternative texts, at every plot
    exporter = HTMLExporter(embed_images=True, **dict.fromkeys(names, ""))
    body, _ = exporter.from_filename(str(executed))
    write_text(executed.with_suffix(".html"), body)

"""Kernels whose runner was killed: they notice late when they are busy, and must not write on."""

import contextlib
from pathlib import Path

import psutil

PARENT = "JPY_PARENT_PID"
"""Jupyter tells each kernel in this variable which process started it."""

GONE_WITHIN_SECONDS = 30


def end_orphans(root: Path) -> None:
    """Kill the kernels that work for runs below `root` and whose runner is gone, and see them gone.

    A kernel is told by the log in its run's folder that it writes to. One that JupyterLab or a living
    run started is left alone, as is everything that belongs to somebody else.
    """
    orphans = [process for process in psutil.process_iter() if _is_orphan(process, root)]
    for process in orphans:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(orphans, timeout=GONE_WITHIN_SECONDS)


def _is_orphan(process: psutil.Process, root: Path) -> bool:
    try:
        parent = process.environ().get(PARENT)
        if parent is None or process.ppid() == int(parent):
            return False
        return any(Path(file.path).is_relative_to(root.resolve()) for file in process.open_files())
    except (psutil.Error, OSError, ValueError):
        return False  # it ended meanwhile, or is not ours to look at

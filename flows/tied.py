"""Processes that end with the one that started them, however that ended.

`python -m flows.tied MODULE …` runs a module so; it must be started with a pipe as its stdin, in a session
of its own. The pipe closes when the starter is gone, killed included.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import psutil

from flows.links import ROOT

PYTHON = (sys.executable, "-P", "-m")
"""-P: a folder `flows` where a user happens to be must not take the place of ours."""

END_SECONDS = 30
"""How long a process may take to end by itself, its runs and kernels included."""


def start_tied(root: Path, *module: str, output: IO[bytes] | None = None) -> "subprocess.Popen[bytes]":
    """Start `module` (name and arguments), which serves the workspace at `root`."""
    return subprocess.Popen(
        [*PYTHON, *module],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,  # Ctrl-C is for the starter, who ends these in their order
        env=os.environ | {ROOT: str(root)},  # by this a later `recpipe up` knows what it left
    )


def end_with_starter() -> None:
    """End this process and its group once its stdin is closed."""
    threading.Thread(target=_end_after_stdin, daemon=True).start()


def _end_after_stdin() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGINT)
    time.sleep(END_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def end_group(process: "subprocess.Popen[Any]") -> None:
    """End a group as Ctrl-C would, so that its runs report and end their kernels; then by force."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_leftovers(root: Path) -> int:
    """End what a killed `recpipe up` of the workspace at `root` left running; return how many those were.

    Whoever calls this holds the place of the only `recpipe up`, so whatever carries its mark is left over.
    """
    left = [process for process in psutil.process_iter() if _served(process, root)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=END_SECONDS)
    return len(left)


def _served(process: psutil.Process, root: Path) -> bool:
    try:
        return process.environ().get(ROOT) == str(root)
    except (psutil.Error, OSError):
        return False  # it ended meanwhile, or is somebody else's


if __name__ == "__main__":
    end_with_starter()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

"""Measure a command as a whole: wall time, CPU seconds, peak memory of it and all it starts."""

import resource
import subprocess
import threading
import time
from dataclasses import dataclass

import psutil

SAMPLE_SECONDS = 0.2


@dataclass(frozen=True)
class Measured:
    """`peak_mib` is the largest sum of resident memory over the process tree, sampled."""

    exit_code: int
    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def measure(command: list[str]) -> Measured:
    """Run `command` to its end, its output passed through."""
    before = _children_cpu()
    started = time.monotonic()
    with subprocess.Popen(command) as process:
        peak = _Peak(process.pid)
        peak.start()
        exit_code = process.wait()
    wall = time.monotonic() - started
    peak.join()
    return Measured(exit_code, wall, _children_cpu() - before, peak.mib)


class _Peak(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.root = psutil.Process(pid)
        self.mib = 0.0

    def run(self) -> None:
        while True:
            try:
                tree = [self.root, *self.root.children(recursive=True)]
                if self.root.status() == psutil.STATUS_ZOMBIE:
                    return
                self.mib = max(self.mib, sum(_resident(process) for process in tree) / 2**20)
            except psutil.NoSuchProcess:
                return
            time.sleep(SAMPLE_SECONDS)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime

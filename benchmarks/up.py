"""What `recpipe up` costs: seconds to a UI, from a click to a run at work, and CPU and memory when idle.

    python benchmarks/up.py

Starts it on an empty workspace with a small simulated shop, waits until the UI and the deployments
answer, clicks (the API call that the form makes), and then lets it idle for a minute. The CPU of
the whole process tree is counted, the machine's load is printed beside it. Prints a markdown table.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import psutil

COMMAND = (sys.executable, "-c", "import sys; from recpipe.cli import main; sys.exit(main())")
IDLE_SECONDS = 60
SETTLE_SECONDS = 30
"""After a start Prefect's services and the caches settle; that is not what idling costs."""

TARGETS = {"UI usable": "25 s", "click to running": "10 s", "idle CPU": "5 % of a core", "memory": "700 MiB"}


def main() -> None:
    """Measure and print."""
    port, reports = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        options = ["--workspace", f"{folder}/workspace", "--port", str(port), "--reports_port", str(reports)]
        options += ["--source", "simulated", "--collect.simulated_events", "1000"]
        started = time.monotonic()
        with subprocess.Popen([*COMMAND, "up", *options], stdout=sys.stderr) as up:
            try:
                print(table(figures(f"http://127.0.0.1:{port}", psutil.Process(up.pid), started)))
            finally:
                up.terminate()


def figures(address: str, up: psutil.Process, started: float) -> dict[str, str]:
    """Return what was measured, by what it is."""
    wait_for(lambda: ask(f"{address}/api/deployments/name/recommend/recommend"))
    usable = time.monotonic() - started
    deployment = ask(f"{address}/api/deployments/name/collect/collect")
    path = f"{address}/api/deployments/{deployment['id']}/create_flow_run"
    time.sleep(SETTLE_SECONDS)

    clicked = time.monotonic()
    run = ask(path, {"parameters": deployment["parameters"]})["id"]
    wait_for(lambda: ask(f"{address}/api/flow_runs/{run}")["state_type"] in {"RUNNING", "COMPLETED"})
    running = time.monotonic() - clicked
    wait_for(lambda: ask(f"{address}/api/flow_runs/{run}")["state_type"] in {"COMPLETED", "FAILED"})

    time.sleep(SETTLE_SECONDS)
    before, since = cpu_seconds(up), time.monotonic()
    time.sleep(IDLE_SECONDS)
    idle = (cpu_seconds(up) - before) / (time.monotonic() - since)
    tree = [up, *up.children(recursive=True)]
    shares = " + ".join(f"{process.memory_info().rss / 2**20:.0f}" for process in tree)
    resident = sum(process.memory_info().rss for process in tree) / 2**20
    return {
        "UI usable": f"{usable:.1f} s",
        "click to running": f"{running:.1f} s",
        "idle CPU": f"{100 * idle:.1f} % of a core",
        "memory": f"{resident:.0f} MiB ({shares})",
        "load of the machine": ", ".join(f"{load:.1f}" for load in os.getloadavg()),
    }


def table(measured: dict[str, str]) -> str:
    """Return the figures as markdown, beside what is aimed at on quiet cores."""
    rows = [f"| {name} | {value} | {TARGETS.get(name, '')} |" for name, value in measured.items()]
    return "\n".join(["| | measured | target |", "|---|---|---|", *rows])


def cpu_seconds(root: psutil.Process) -> float:
    """Return the CPU seconds of a process and all that it started."""
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def ask(address: str, content: dict[str, Any] | None = None) -> Any:
    """Return the JSON at `address`."""
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def wait_for(condition: Callable[[], Any], seconds: float = 600) -> None:
    """Wait until `condition` holds; what does not answer yet does not hold."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit("it never came")


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()

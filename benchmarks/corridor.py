"""What the whole corridor costs and how good its lists are, on Complete Journey or on files.

    python benchmarks/corridor.py
    python benchmarks/corridor.py --source files --events EVENTS.parquet --items ITEMS.parquet

Further options are passed on to `recpipe run`. Runs in a temporary workspace and prints one
markdown table: wall time by stage; CPU seconds and peak memory of the whole process tree; the
model's metrics beside popularity's on the same test.
"""

import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

from process_tree import Measured, measure

from recpipe.core.files import read_json


def main(options: list[str]) -> int:
    """Run the pipeline once and print its figures; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="recpipe-benchmark-") as folder:
        workspace = Path(folder) / "workspace"
        source = [] if "--source" in options else ["--source", "complete-journey"]
        command = [
            str(Path(sys.executable).with_name("recpipe")),
            "run",
            "--workspace",
            str(workspace),
            *source,
            *options,
        ]
        measured = measure(command)
        results = {path.parent.name: read_json(path) for path in workspace.glob("runs/*/*/result.json")}
    print(report(measured, results))
    return measured.exit_code


def report(measured: Measured, results: dict[str, Any]) -> str:
    """Render one markdown table."""
    rows = [(f"wall, {stage}", f"{result['seconds']:.0f} s") for stage, result in results.items()]
    rows += [
        ("wall, all", f"{measured.wall_seconds:.0f} s"),
        ("CPU, all processes", f"{measured.cpu_seconds:.0f} s"),
        ("peak memory, all processes", f"{measured.peak_mib:,.0f} MiB"),
    ]
    evaluated = results.get("evaluate", {"figures": {}})["figures"]
    for name, metrics in evaluated.get("metrics", {}).items():
        rows += [(f"{metric}@{evaluated['k']}, {name}", f"{value:.4f}") for metric, value in metrics.items()]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return "\n".join([f"| {machine} | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Where the time of a run goes: kernels, imports, Great Expectations, Prefect, and the work itself.

    python benchmarks/overhead.py                                    # Complete Journey
    python benchmarks/overhead.py --source simulated --collect.simulated_events 100000

Runs the pipeline once, and beside it each fixed part by itself: an empty notebook, the imports of
each stage, the import of Great Expectations, a flow of five empty tasks. Work is what is left of a
stage's kernel. Prints markdown tables; CPU seconds are the figure to look at, walls are noisy.
"""

import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from process_tree import Measured, measure

from recpipe.core.files import read_json
from recpipe.run.stages import STAGES

CHECKED = ("collect", "features", "recommend")
"""The stages whose kernel imports Great Expectations."""

EMPTY_NOTEBOOK = """
import nbformat, papermill, sys
from pathlib import Path
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])
nbformat.write(notebook, Path(sys.argv[1]) / "empty.ipynb")
papermill.execute_notebook(
    Path(sys.argv[1]) / "empty.ipynb", None, kernel_name="python3", progress_bar=False
)
"""

IMPORTS = {
    "collect": "from recpipe import collect; import pandas, matplotlib.pyplot",
    "features": "from recpipe import features; import pandas, matplotlib.pyplot",
    "train": "from recpipe import train; import matplotlib.pyplot",
    "evaluate": "from recpipe import evaluate; import matplotlib.pyplot, tensorflow",
    "recommend": "from recpipe import recommend; import matplotlib.pyplot, tensorflow",
}

CHECK = """
from recpipe.core.checks import table
table._skip_costly_import()
import recpipe.core.checks.engine
"""

EMPTY_FLOW = """
import sys
from pathlib import Path
from flows.settings import QUIET, prefect_settings, set_defaults
from recpipe.core.workspace import Workspace
set_defaults(prefect_settings(Workspace.open(sys.argv[1])) | QUIET)
from prefect import flow, task

@task
def nothing():
    return 1

@flow(name="empty")
def empty():
    return [nothing() for _ in range(5)]

empty()
"""


@dataclass(frozen=True)
class Parts:
    """Each fixed part measured by itself."""

    kernel: Measured
    imports: dict[str, Measured]
    checks: Measured
    prefect: Measured


def main(options: list[str]) -> int:
    """Measure the parts and one run, print the tables; return the run's exit code."""
    with tempfile.TemporaryDirectory(prefix="recpipe-overhead-") as folder:
        parts = measure_parts(Path(folder))
        workspace = Path(folder) / "workspace"
        source = [] if "--source" in options else ["--source", "complete-journey"]
        recpipe = str(Path(sys.executable).with_name("recpipe"))
        run = measure([recpipe, "run", "--workspace", str(workspace), *source, *options])
        results = {path.parent.name: read_json(path) for path in workspace.glob("runs/*/*/result.json")}
    if run.exit_code == 0:
        print(report(parts, run, results))
    return run.exit_code


def measure_parts(folder: Path) -> Parts:
    """Run each fixed part once in a process of its own."""
    return Parts(
        kernel=_python(EMPTY_NOTEBOOK, str(folder)),
        imports={stage: _python(code) for stage, code in IMPORTS.items()},
        checks=_python(CHECK),
        prefect=_python(EMPTY_FLOW, str(folder / "prefect")),
    )


def report(parts: Parts, run: Measured, results: dict[str, Any]) -> str:
    """Render two tables: by stage, and by part over the whole run."""
    rows, work = [], 0.0
    for stage in STAGES:
        kernel = results[stage]["kernel"]
        checks = parts.checks.cpu_seconds if stage in CHECKED else 0.0
        imports = parts.imports[stage].cpu_seconds
        left = max(kernel["cpu_seconds"] - imports - checks, 0.0)
        work += left
        rows.append(
            f"| {stage} | {results[stage]['seconds']:.0f} | {kernel['cpu_seconds']:.0f} | {imports:.1f} "
            f"| {checks:.1f} | {left:.1f} | {kernel['peak_mib']:,} |"
        )
    head = "| stage | wall s | kernel CPU-s | imports | Great Expectations | work | peak MiB |"
    overhead = run.cpu_seconds - work
    fixed = f"""
        | the whole run | |
        |---|---|
        | wall | {run.wall_seconds:.0f} s |
        | CPU, all processes | {run.cpu_seconds:.0f} s |
        | peak memory, all processes | {run.peak_mib:,.0f} MiB |
        | work | {work:.0f} CPU-s |
        | everything that is not work | {overhead:.0f} CPU-s |
        | of it: Prefect with its server, five empty tasks | {parts.prefect.cpu_seconds:.0f} CPU-s |
        | of it: five times papermill and an empty kernel | {5 * parts.kernel.cpu_seconds:.0f} CPU-s |
        | of it: imports | {sum(each.cpu_seconds for each in parts.imports.values()):.0f} CPU-s |
        | of it: Great Expectations, imported three times | {3 * parts.checks.cpu_seconds:.0f} CPU-s |"""
    return "\n".join([head, "|---" * 7 + "|", *rows, textwrap.dedent(fixed)])


def _python(code: str, *arguments: str) -> Measured:
    return measure([sys.executable, "-c", code, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

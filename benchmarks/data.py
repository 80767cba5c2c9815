"""What collecting costs, beside bare DuckDB, Polars and pandas doing the least of it in the same run.

    python benchmarks/data.py                     # 1,000,000 and 10,000,000 simulated events
    python benchmarks/data.py --rows 100000000    # once: takes long, and tens of GB of disk

Polars is compared with where it is installed. Prints a markdown table: CPU seconds and peak memory of each
step's whole process tree, and how CPU grows with the number of events (the exponent; 1 is in proportion).
"""

import argparse
import math
import platform
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psutil
from process_tree import Measured, measure

STEPS = {
    "read": "collect: read",
    "check": "validation",
    "merge": "collect: merge",
    "summary": "summary",
    "again": "the same events again",
    "unchanged": "unchanged file, by size and time",
    "touched": "unchanged file, by content",
    "night": "one night, a hundredth more",
    "bare": "bare DuckDB: distinct rows",
    "bare_night": "bare DuckDB: one night",
    "polars": "Polars streaming: distinct rows",
    "pandas": "pandas: distinct rows",
}
PEERS = ("polars", "pandas")


def main(options: list[str]) -> int:
    """Measure every step at every size, and print the table."""
    parser = argparse.ArgumentParser(description="What collecting costs.")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--folder", default=None, help="where the data go (several GB); a temporary folder")
    parser.add_argument("--steps", nargs="+", default=list(STEPS), choices=list(STEPS))
    chosen = parser.parse_args(options)
    found: dict[int, dict[str, Measured | str]] = {}
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory(prefix="recpipe-data-", dir=chosen.folder) as folder:
            run_step("make", Path(folder), rows)
            found[rows] = {step: run_step(step, Path(folder), rows) for step in chosen.steps}
    print(report(found))
    return 0


def run_step(step: str, folder: Path, rows: int) -> Measured | str:
    """Measure one step; a peer that is not installed is told as text."""
    if step in PEERS and find_spec(step) is None:
        return "not installed"
    print(f"  {rows:,}: {step}", file=sys.stderr, flush=True)
    script = str(Path(__file__).with_name("data_steps.py"))
    measured = measure([sys.executable, script, step, str(folder), str(rows)])
    return measured if measured.exit_code == 0 else f"failed ({measured.exit_code})"


def report(found: dict[int, dict[str, Measured | str]]) -> str:
    """Render one markdown table: a row a step, two columns a size, and the exponent between the outer two."""
    machine = f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
    sizes = sorted(found)
    heads = [f"{rows:,}: CPU s | MiB" for rows in sizes]
    lines = [
        f"| {machine}, Python {platform.python_version()} | {' | '.join(heads)} | exponent |",
        "|---|" + "---:|" * (2 * len(sizes) + 1),
    ]
    for step in next(iter(found.values())):
        cells = [cell(found[rows][step]) for rows in sizes]
        lines.append(f"| {STEPS[step]} | {' | '.join(cells)} | {exponent(found, step)} |")
    return "\n".join(lines)


def cell(measured: Measured | str) -> str:
    """Render CPU seconds and peak memory, or what there is instead."""
    if isinstance(measured, str):
        return f"{measured} | "
    return f"{measured.cpu_seconds:.1f} | {measured.peak_mib:,.0f}"


def exponent(found: dict[int, dict[str, Measured | str]], step: str) -> str:
    """Return how CPU grows from the smallest to the largest size: log of the ratio over log of the sizes'."""
    sizes = sorted(found)
    first, last = found[sizes[0]][step], found[sizes[-1]][step]
    if len(sizes) < 2 or isinstance(first, str) or isinstance(last, str):
        return ""
    return f"{math.log(last.cpu_seconds / first.cpu_seconds) / math.log(sizes[-1] / sizes[0]):.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

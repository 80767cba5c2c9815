"""What a snapshot costs, beside bare DuckDB SQL for the same tables in the same run.

    python benchmarks/features.py                     # 1,000,000 and 10,000,000 simulated events
    python benchmarks/features.py --events 100000000  # once: half an hour of CPU, 30 GB of disk

Prints a markdown table: CPU seconds and peak memory of each step's whole process tree, and how CPU grows
with the number of events (the exponent; 1 is in proportion). DuckDB's `memory_limit` is 4 GB; the steps of
a kernel (`stage`) have recpipe's own 2 GB.
"""

import argparse
import math
import platform
import sys
import tempfile
from pathlib import Path

import psutil
from process_tree import Measured, measure

STEPS = {
    "vocabulary": "bare SQL: vocabulary",
    "by_day": "bare SQL: popularity by day",
    "last_50": "bare SQL: each user's last 50",
    "lists": "bare SQL: compact lists",
    "snapshot": "the snapshot's tables",
    "check": "validation",
    "seal": "hashes, manifest, sync",
    "stage": "the whole stage, in its kernel",
    "unchanged": "unchanged input",
}
BARE = ("vocabulary", "by_day", "last_50", "lists")
Found = dict[int, dict[str, Measured]]


def main(options: list[str]) -> int:
    """Measure every step at every size, and print the table."""
    parser = argparse.ArgumentParser(description="What a snapshot costs.")
    parser.add_argument("--events", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--folder", default=None, help="where the data go (several GB); a temporary folder")
    parser.add_argument("--steps", nargs="+", default=list(STEPS), choices=list(STEPS))
    chosen = parser.parse_args(options)
    found: Found = {}
    for events in chosen.events:
        with tempfile.TemporaryDirectory(prefix="recpipe-features-", dir=chosen.folder) as folder:
            run_step("make", folder, events)
            found[events] = {step: run_step(step, folder, events) for step in chosen.steps}
    print(report(found))
    return 0


def run_step(step: str, folder: str, events: int) -> Measured:
    """Measure one step. Ends the benchmark if it fails."""
    script = str(Path(__file__).with_name("features_steps.py"))
    measured = measure([sys.executable, script, step, folder, str(events)])
    if measured.exit_code:
        raise SystemExit(f"{step} failed at {events:,} events")
    print(
        f"  {events:,}: {step} {measured.cpu_seconds:.1f} CPU s, {measured.peak_mib:,.0f} MiB",
        file=sys.stderr,
        flush=True,
    )
    return measured


def report(found: Found) -> str:
    """Render one markdown table: a row a step, and the snapshot as a multiple of bare SQL."""
    machine = f"{psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
    sizes = sorted(found)
    heads = [f"{events:,}: CPU s | MiB" for events in sizes]
    lines = [
        f"| {machine}, Python {platform.python_version()} | {' | '.join(heads)} | exponent |",
        "|---|" + "---:|" * (2 * len(sizes) + 1),
    ]
    for step in found[sizes[0]]:
        cells = [f"{found[size][step].cpu_seconds:.1f} | {found[size][step].peak_mib:,.0f}" for size in sizes]
        lines.append(f"| {STEPS[step]} | {' | '.join(cells)} | {exponent(found, step)} |")
    if {"snapshot", *BARE} <= set(found[sizes[0]]):
        lines.append(f"| the snapshot's tables ÷ bare SQL | {' | '.join(ratios(found))} | |")
    return "\n".join(lines)


def ratios(found: Found) -> list[str]:
    """Return the snapshot's CPU as a multiple of the bare SQL's, a size each."""
    return [
        f"{steps['snapshot'].cpu_seconds / sum(steps[step].cpu_seconds for step in BARE):.2f} | "
        for _, steps in sorted(found.items())
    ]


def exponent(found: Found, step: str) -> str:
    """Return how CPU grows from the smallest to the largest size: log of the ratio over log of the sizes'."""
    sizes = sorted(found)
    if len(sizes) < 2:
        return ""
    growth = found[sizes[-1]][step].cpu_seconds / found[sizes[0]][step].cpu_seconds
    return f"{math.log(growth) / math.log(sizes[-1] / sizes[0]):.2f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

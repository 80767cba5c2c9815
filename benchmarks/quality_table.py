"""Peers and model side by side, as markdown."""

import os
import platform
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
from stages import Trained

from recpipe.evaluate import HeldOut

MODEL = "recpipe"
HEAD = ("model", "setting chosen", "NDCG@{k}", "± s.e.", "recall@{k}", "CPU s", "tuning CPU s", "wall s")
HEAD_END = ("peak MiB", "× best peer")


@dataclass(frozen=True)
class Row:
    """One line: ndcg and recall (q,) by user; seconds and MiB as measured, NaN where there are none."""

    name: str
    setting: str
    ndcg: np.ndarray
    recall: np.ndarray
    cpu_seconds: float
    tune_cpu_seconds: float
    wall_seconds: float
    peak_mib: float


def peer_row(result: dict[str, Any]) -> Row:
    """Make the line of a peer from its result."""
    edges = f" (on its edge: {', '.join(result['on_edge'])})" if result["on_edge"] else ""
    setting = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in result["setting"].items())
    return Row(
        name=result["name"],
        setting=f"{setting or '-'}{edges}",
        ndcg=np.array(result["ndcg"]),
        recall=np.array(result["recall"]),
        cpu_seconds=result["fit_cpu_seconds"],
        tune_cpu_seconds=result["tune_cpu_seconds"],
        wall_seconds=result["wall_seconds"],
        peak_mib=result["peak_mib"],
    )


def model_row(trained: list[Trained], setting: str) -> Row:
    """Make the line of the model: means over its seeds, the largest peak."""
    return Row(
        name=f"{MODEL}, {len(trained)} seeds" if len(trained) > 1 else MODEL,
        setting=setting or "defaults",
        ndcg=np.mean([one.ndcg for one in trained], axis=0),
        recall=np.mean([one.recall for one in trained], axis=0),
        cpu_seconds=float(np.mean([one.cpu_seconds for one in trained])),
        tune_cpu_seconds=0.0,
        wall_seconds=float(np.mean([one.wall_seconds for one in trained])),
        peak_mib=max(one.peak_mib for one in trained),
    )


def table(rows: list[Row], k: int, best: Row | None) -> str:
    """Render the lines; `best` is the peer that the last column compares with."""
    lines = [[name.format(k=k) for name in (*HEAD, *HEAD_END)], ["---"] * (len(HEAD) + len(HEAD_END))]
    lines += [_cells(row, best) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Row, best: Row | None) -> list[str]:
    costs = row.cpu_seconds, row.tune_cpu_seconds, row.wall_seconds, row.peak_mib
    return [
        row.name,
        row.setting,
        f"{row.ndcg.mean():.4f}",
        f"{standard_error(row.ndcg):.4f}",
        f"{row.recall.mean():.4f}",
        *(f"{cost:,.1f}" if cost < 10 else f"{cost:,.0f}" for cost in costs),
        f"{row.ndcg.mean() / best.ndcg.mean():.3f}" if best and best.ndcg.any() else "-",
    ]


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of (q,), NaN for one user."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def machine() -> str:
    """Say what it was measured on."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, Python {platform.python_version()}"
    )


def asked(test: HeldOut) -> str:
    """Say what was asked of whom."""
    counts = test.counts
    return (
        f"{counts.users:,} users, {counts.right_answers:,} right answers, {test.snapshot.vocabulary.size:,} "
        f"items ranked, seen items {'excluded' if test.excludes_seen else 'allowed'}, ties by item id; "
        f"snapshot {test.snapshot.name}"
    )

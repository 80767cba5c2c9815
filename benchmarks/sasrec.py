"""RecTools' SASRec as a peer: trained in its own environment, asked what all others are asked."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from process_tree import Measured, measure

from recpipe.core.errors import ParameterError, StageError
from recpipe.core.metrics import hits, ndcg_at_k, recall_at_k
from recpipe.core.ragged import Ragged
from recpipe.evaluate import HeldOut

NAME = "SASRec (RecTools)"
PROGRAM = Path(__file__).with_name("sasrec_peer.py")


def check_environment(python: str) -> None:
    """Raise ParameterError if `python` is no interpreter that has RecTools with torch."""
    try:
        asked = subprocess.run([python, "-c", "import rectools.models.nn"], capture_output=True, text=True)
        problem = asked.stderr.strip().rpartition("\n")[2] if asked.returncode else ""
    except OSError as error:
        problem = str(error)
    if problem:
        raise ParameterError(
            f"--rectools {python}: {problem}",
            "Name the python of an environment made with: python3.11 -m venv ENVIRONMENT && "
            "ENVIRONMENT/bin/pip install 'rectools[torch]'",
        )


def sasrec_result(test: HeldOut, python: str, cpu_seconds: float, seed: int) -> dict[str, Any]:
    """Train for `cpu_seconds` on everything before the test, take the test, and return what peers return.

    python: the interpreter of the environment. Raises StageError if its process fails. Nothing is tuned: the
    sizes are those of recpipe's `attention`, the steps what the budget allows.
    """
    if not test.excludes_seen:
        raise ParameterError("SASRec is asked only where seen items are excluded", "Use --seen exclude.")
    events, asked, relevant = _questions(test)
    with tempfile.TemporaryDirectory(prefix="recpipe-") as folder:
        given, lists = Path(folder, "events.npz"), Path(folder, "lists.npz")
        np.savez(given, asked=asked, users=events.user_rows, items=events.items)
        program = [python, str(PROGRAM), str(given), str(lists), str(test.k), str(cpu_seconds), str(seed)]
        measured = measure(program)
        if measured.exit_code:
            raise StageError(f"{NAME}: its process ended with {measured.exit_code}", "Read what it printed.")
        with np.load(lists) as found:
            items, steps, spent = found["items"], int(found["steps"]), float(found["cpu_seconds"])
    return _result(np.maximum(items, 0), relevant, test.k, {"steps": steps}, spent, measured)


@dataclass(frozen=True)
class Events:
    """Events in the order of users and time: rows of users and items, (m,) both."""

    user_rows: np.ndarray
    items: np.ndarray


def _questions(test: HeldOut) -> tuple[Events, np.ndarray, Ragged]:
    """All events before the test on items known there, who is asked (positions among users), the answers."""
    parts = list(test.questions())
    answers = [one.relevant for one in parts]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([one.lengths for one in answers]))])
    relevant = Ragged(offsets.astype(np.int64), np.concatenate([one.values for one in answers]))
    before = test.snapshot.histories().until("test")
    users = np.repeat(np.arange(len(before)), before.lengths)
    is_known = (before.items > 0) & (before.items <= test.snapshot.vocabulary.size)
    position = {user: row for row, user in enumerate(before.user_ids)}
    asked = np.array([position[user] for one in parts for user in one.histories.user_ids])
    return Events(users[is_known], before.items[is_known]), asked, relevant


def _result(
    items: np.ndarray, relevant: Ragged, k: int, setting: dict[str, Any], spent: float, measured: Measured
) -> dict[str, Any]:
    right, counts = hits(items, relevant), relevant.lengths
    return {
        "name": NAME,
        "setting": setting,
        "on_edge": (),
        "ndcg": ndcg_at_k(right, counts, k).tolist(),
        "recall": recall_at_k(right, counts, k).tolist(),
        "fit_cpu_seconds": spent,
        "tune_cpu_seconds": 0.0,
        "wall_seconds": measured.wall_seconds,
        "peak_mib": measured.peak_mib,
    }

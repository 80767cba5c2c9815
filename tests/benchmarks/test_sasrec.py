"""RecTools is not installed here: a program that keeps its contract stands in for it."""

import sys
from pathlib import Path

import pytest
import sasrec

from recpipe.core.errors import ParameterError, StageError
from recpipe.evaluate import HeldOut

OWN_COLOUR = """
import sys
import numpy as np
given = np.load(sys.argv[1])
k, users, items = int(sys.argv[3]), given["users"], given["items"]
assert (np.diff(users) >= 0).all() and items.min() > 0
lists = np.full((len(given["asked"]), k), -1)
for row, user in enumerate(given["asked"]):
    own = items[users == user]
    left = np.setdiff1d(np.arange(own[0] % 2, items.max() + 1, 2), [0, *own])[:k]
    lists[row, : len(left)] = left
np.savez(sys.argv[2], items=lists, steps=7, cpu_seconds=float(sys.argv[4]) / 2)
"""


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(program)
    monkeypatch.setattr(sasrec, "PROGRAM", path)


def test_its_lists_are_judged_as_those_of_the_other_peers(
    board: HeldOut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, OWN_COLOUR)
    found = sasrec.sasrec_result(board, sys.executable, 8.0, seed=1)
    assert (found["name"], found["setting"], found["fit_cpu_seconds"]) == (sasrec.NAME, {"steps": 7}, 4.0)
    assert found["ndcg"] == [1.0] * board.counts.users, "what is left of the own colour is the answer"


def test_a_process_that_fails_is_no_result(
    board: HeldOut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "raise SystemExit(3)")
    with pytest.raises(StageError, match=r"SASRec.*ended with 3"):
        sasrec.sasrec_result(board, sys.executable, 8.0, seed=1)


@pytest.mark.parametrize("python", [sys.executable, "/no/such/python"])
def test_an_environment_without_rectools_is_told_before_anything_runs(python: str) -> None:
    with pytest.raises(ParameterError, match=r"--rectools .*(No module named|No such file)"):
        sasrec.check_environment(python)

from pathlib import Path

import numpy as np
import pytest

from recpipe.core.disk import disk_errors_named, disk_full
from recpipe.core.errors import DiskFullError


def test_a_full_disk_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match=f"{tmp_path}: the disk is full") as raised:
        with disk_errors_named(tmp_path):
            Path("/dev/full").write_text("x")
    assert raised.value.hint


def test_numpy_says_it_in_other_words(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="requested and 0 written") as raised:
        with Path("/dev/full").open("wb", buffering=0) as file:
            np.zeros(100_000).tofile(file)
    assert disk_full(raised.value, tmp_path)


def test_other_errors_pass(tmp_path: Path) -> None:
    assert disk_full(ValueError("no such thing"), tmp_path) is None
    with pytest.raises(FileNotFoundError), disk_errors_named(tmp_path):
        (tmp_path / "none").read_text()

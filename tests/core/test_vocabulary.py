from pathlib import Path

import numpy as np
import pytest

from recpipe.core.errors import DataError
from recpipe.core.vocabulary import Vocabulary


def vocabulary(*ids: str) -> Vocabulary:
    return Vocabulary(np.array(ids, object))


def test_translation_goes_by_id_and_maps_the_unknown_to_zero() -> None:
    mapping = vocabulary("a", "b", "c").translation_to(vocabulary("c", "a"))
    assert mapping.tolist() == [0, 2, 0, 1]


def test_an_id_that_occurs_twice_is_refused() -> None:
    with pytest.raises(DataError, match="2 items names only 1"):
        vocabulary("a", "a")


def test_ids_of_any_content_come_back_from_disk(tmp_path: Path) -> None:
    ids = ("", "a'b\"c", "line\nbreak", "🥛", "x" * 10_000)
    vocabulary(*ids).write(tmp_path / "v.parquet")
    assert Vocabulary.read(tmp_path / "v.parquet").ids.tolist() == list(ids)

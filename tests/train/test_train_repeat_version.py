"""A repeat model as a folder of its version."""

from pathlib import Path

import pytest

from recpipe.core.errors import DataError
from recpipe.train.repeat_features import FEATURES
from recpipe.train.repeat_version import load_repeats


def test_a_repeat_model_of_other_features_is_refused_by_its_folder(tmp_path: Path) -> None:
    manifest = {"repeats": {"weight": 0.5, "features": ["age", *FEATURES[1:]]}}
    with pytest.raises(DataError, match=f"{tmp_path}: its repeat model reads age, "):
        load_repeats(tmp_path, manifest)

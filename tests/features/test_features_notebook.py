"""The notebook is the composition of the verbs: its cells are run here as they stand."""

import json

import matplotlib as mpl

from recpipe.core.files import read_json
from recpipe.core.shipped import shipped
from recpipe.core.snapshot import Snapshot


def code():
    notebook = json.loads((shipped("notebooks") / "2_features.ipynb").read_text())
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_the_cells_make_the_newest_snapshot_and_tell_what_is_in_it(shop, tmp_path):
    mpl.use("Agg")
    parameters, *cells = code()
    names = {}
    exec(parameters, names)
    names |= {"workspace": str(shop.root), "run_folder": str(tmp_path / "run"), "data": "data-1"}
    names |= {"test_share": 0.2, "validation_share": 0.2}
    for cell in cells:
        exec(cell, names)
    result = read_json(tmp_path / "run" / "features" / "result.json")
    assert result["ids"] == {"snapshot": Snapshot.open(shop).name}
    assert result["figures"]["parts"] == {"train": 6, "validation": 2, "test": 2}
    assert (tmp_path / "run" / "features" / "checks.json").is_file()
    assert names["snapshot"].startswith("20240110-")

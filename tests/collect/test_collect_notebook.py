import json

from recpipe.core.shipped import shipped
from tests.collect.shops import THREE, write


def cells():
    return json.loads((shipped("notebooks") / "1_collect.ipynb").read_text())["cells"]


def code():
    return ["".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code"]


def test_the_cells_collect_and_report(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    names = {}
    parameters, *others = code()
    exec(parameters, names)
    names |= {
        "workspace": str(tmp_path / "w"),
        "run_folder": str(tmp_path / "run"),
        "source": "files",
        "events": write(tmp_path, "e.csv", THREE + "ben,tea,2024-03-03T10:00:00Z\n,tea,2024-03-03\n"),
    }
    for cell in others:
        exec(cell, names)
    result = json.loads((tmp_path / "run" / "collect" / "result.json").read_text())
    assert result["ids"] == {"data": names["held"].data}
    told = {name: result["figures"][name] for name in ("read", "kept", "duplicate", "quarantined", "reasons")}
    assert told == {"read": 5, "kept": 3, "duplicate": 1, "quarantined": 1, "reasons": {"no user_id": 1}}
    figures = result["figures"]
    assert (figures["users"], figures["items"], figures["events"]) == (2, 2, 3)
    assert (figures["first_event_at"], figures["last_event_at"]) == (
        "2024-03-01 10:00:00",
        "2024-03-03 10:00:00",
    )
    assert figures["files"][0]["timestamps"] == "iso"

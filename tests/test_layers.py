"""The arrows of the house: who may import whom, and which door each heavy library has."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WINGS = ("collect", "features", "train", "rank", "evaluate", "recommend")

ALLOWED = {
    "core": {"core"},
    "collect": {"core", "collect"},
    "features": {"core", "features"},
    "train": {"core", "train"},
    "rank": {"core", "rank", "train"},
    # these two load a model version through rank's loader, which asks train's
    "evaluate": {"core", "evaluate", "rank", "train"},
    "recommend": {"core", "recommend", "rank", "train"},
    "recommendations": {"core", "recommend", "recommendations"},
    "params": {"core", "params", *WINGS},
    "run": {"core", "params", "run", *WINGS},
    "cli": {"core", "params", "run", "cli", "flows", *WINGS},
    "flows": {"core", "params", "run", "flows"},
}

DOORS = {
    "duckdb": ("recpipe/core/store.py",),
    "faiss": ("recpipe/core/nearest.py", "recpipe/recommend/export_vectors.py"),
    "fsspec": ("recpipe/collect/places.py", "recpipe/core/store.py"),
    "great_expectations": ("recpipe/core/checks/",),
    "implicit": ("recpipe/evaluate/peers/",),
    "lightgbm": ("recpipe/rank/ranker.py",),
    "papermill": ("recpipe/run/",),
    "prefect": ("flows/",),
    "redis": ("recpipe/recommend/export_redis.py",),
    "requests": ("recpipe/collect/downloads.py",),
    "sqlalchemy": (
        "recpipe/core/addresses.py",
        "recpipe/collect/databases.py",
        "recpipe/collect/sources/sql.py",
        "recpipe/core/checks/",
        "recpipe/recommend/export_sql.py",
    ),
    "tensorflow": ("recpipe/train/", "recpipe/core/retrieval.py"),
    "tensorflow_recommenders": ("recpipe/train/",),
    "tf_keras": ("recpipe/train/",),
}

SOURCES = sorted([*(ROOT / "recpipe").rglob("*.py"), *(ROOT / "flows").rglob("*.py")])


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if module.startswith("recpipe"))


def room(dotted: str) -> str:
    """Name the wing that "recpipe.<wing>.…" lies in; all of `flows` is one room."""
    first, _, rest = dotted.partition(".")
    return {"flows": first, "recpipe": rest.partition(".")[0]}.get(first, "")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows(path: Path) -> None:
    here = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    reached = {room(name) for name in imports(path)} & set(ALLOWED)
    # recpipe/__init__.py offers the two verbs of a notebook
    assert reached <= ({"run"} if here == "__init__" else ALLOWED[here])


def test_an_import_of_the_flows_by_a_wing_would_be_found(tmp_path: Path) -> None:
    """Guards the guard: `flows` is a package of its own, not a part of `recpipe`."""
    (tmp_path / "wing.py").write_text("from flows.launch import run_here\n")
    assert "flows" in {room(name) for name in imports(tmp_path / "wing.py")} - ALLOWED["train"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_heavy_library_has_one_door(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    for library, doors in DOORS.items():
        if any(name.split(".")[0] == library for name in imports(path)):
            assert place.startswith(doors), f"{place} imports {library}; its door is {doors}"


def test_no_file_of_the_library_holds_a_second_idea() -> None:
    long = {str(path): lines for path in SOURCES if (lines := len(path.read_text().splitlines())) > 250}
    assert long == {}


def test_the_doors_are_found_where_they_are() -> None:
    """Guards the guard: a door that nothing uses is misspelt or gone."""
    used = {name.split(".")[0] for path in SOURCES for name in imports(path)}
    assert set(DOORS) <= used

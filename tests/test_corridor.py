"""Odd but possible shops, through the real notebooks from the first stage to the export."""

import csv
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest

from recpipe import recommend
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from tests.cells import run_corridor

NASTY = (
    'it\'s "quoted"',
    "two\nlines",
    "carriage\r\nreturn",
    "tab\tand,comma;semicolon|bar",
    "🛒👩‍👩‍👧 Ünïcödé",
    "'; DROP TABLE events; --",
    "${path} $file {batch} %s ../..",
    "NULL",
    "=1+1",
    "x" * 10_240,
)

Event = tuple[str, str, int]
"""User, item, hour."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    mpl.use("agg")
    return Workspace.open(tmp_path / "workspace")


def write_events(path: Path, events: Iterable[Event]) -> Path:
    start = datetime(2024, 1, 1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["user_id", "item_id", "timestamp"])
        writer.writerows(
            [user, item, (start + timedelta(hours=hour)).isoformat()] for user, item, hour in events
        )
    return path


def round_robin(users: tuple[str, ...], items: tuple[str, ...], each: int) -> list[Event]:
    """Every user takes `each` items, all different, in turns: the last turns are known and new to them."""
    return [
        (user, items[(place + turn * 3) % len(items)], turn * len(users) + place)
        for turn in range(each)
        for place, user in enumerate(users)
    ]


def exported(workspace: Workspace, path: Path) -> list[tuple[str, str, int]]:
    recommend.export(workspace, path)
    read = {
        ".parquet": pd.read_parquet,
        ".csv": lambda path: pd.read_csv(path, dtype=str, keep_default_na=False),
        ".jsonl": lambda path: pd.read_json(path, lines=True, dtype=False, convert_dates=False),
    }
    frame = read[path.suffix](path)
    return list(zip(frame["user_id"], frame["item_id"], frame["rank"].astype(int), strict=True))


def test_ids_of_any_content_come_through_from_the_file_to_every_export(
    workspace: Workspace, tmp_path: Path
) -> None:
    events = round_robin(NASTY, NASTY, each=6)
    results = run_corridor(workspace, write_events(tmp_path / "e.csv", events))
    assert results["collect"].figures["kept"] == len(events)
    lists = exported(workspace, tmp_path / "lists.parquet")
    assert {user for user, _, _ in lists} == set(NASTY)
    left = {(user, item) for user in NASTY for item in NASTY} - {(user, item) for user, item, _ in events}
    assert {(user, item) for user, item, _ in lists} == left, (
        "all that a user has not had, the rest fits in k"
    )
    for name in ("lists.csv", "lists.jsonl"):
        assert exported(workspace, tmp_path / name) == lists


def test_fewer_items_than_k_give_shorter_lists(workspace: Workspace, tmp_path: Path) -> None:
    users, items = tuple(f"u{n}" for n in range(9)), ("a", "b", "c", "d")
    events = write_events(tmp_path / "e.csv", round_robin(users, items, each=3))
    results = run_corridor(workspace, events, recommend={"k": 20})
    assert results["recommend"].figures["rows"] == len(users)
    assert results["recommend"].figures["short"] == len(users)
    assert {rank for _, _, rank in exported(workspace, tmp_path / "lists.csv")} == {1}


def test_one_user_is_served_when_known_items_may_be_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    events = write_events(tmp_path / "e.csv", [("u", f"i{n % 7}", n) for n in range(60)])
    allow = {"seen": "allow"}
    run_corridor(workspace, events, train={"targets": "all"}, evaluate=allow, recommend=allow)
    assert len(exported(workspace, tmp_path / "lists.csv")) == 7


def test_a_champion_that_learned_from_the_test_does_not_stay_by_its_score(
    workspace: Workspace, tmp_path: Path
) -> None:
    """The second test begins earlier, in what the first champion was trained on."""
    users, items = tuple(f"u{n}" for n in range(9)), tuple(f"i{n}" for n in range(13))
    events = write_events(tmp_path / "e.csv", round_robin(users, items, each=9))
    first = run_corridor(workspace, events, until="evaluate")["evaluate"]
    second = run_corridor(workspace, events, until="evaluate", features={"test_share": 0.3})["evaluate"]
    decision = second.figures["decision"]
    assert f"The score of {first.ids['champion']} " in decision
    assert "does not count: it has seen events of this test" in decision
    assert second.ids["champion"] != first.ids["champion"]


@pytest.mark.parametrize("refit", [True, False])
def test_an_item_first_sold_in_the_test_is_listed_if_there_is_a_refit_and_only_then(
    refit: bool, workspace: Workspace, tmp_path: Path
) -> None:
    """Popularity or tower, whoever is champion: the item is new to some of those who get lists."""
    users, items = tuple(f"u{n}" for n in range(9)), tuple(f"i{n}" for n in range(13))
    events = round_robin(users, items, each=9)
    launched = [(user, "launched", events[-1][2]) for user in users[:5]]
    results = run_corridor(
        workspace, write_events(tmp_path / "e.csv", events + launched), train={"refit": refit}
    )
    listed = {user for user, item, _ in exported(workspace, tmp_path / "lists.csv") if item == "launched"}
    assert listed == (set(users[5:]) if refit else set())
    ids, made_by = results["evaluate"].ids, results["recommend"].figures["model"]
    assert made_by == ids["refitted"]
    assert (ids["refitted"] != ids["champion"]) == refit


REFUSED = {
    "all times equal": (
        [(f"u{n % 9}", f"i{n % 7}", 0) for n in range(60)],
        "features.test_share",
        "--features.split last-event",
    ),
    "one user": (
        [("u", f"i{n % 7}", n) for n in range(60)],
        "nobody can be asked",
        "--evaluate.seen allow",
    ),
    "one item": ([(f"u{n % 9}", "i", n) for n in range(60)], "1 item", "Collect more"),
    "one event": ([("u", "i", 0)], "empty", "Collect more"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_gives_no_lists_is_refused_and_nothing_half_written(
    case: str, workspace: Workspace, tmp_path: Path
) -> None:
    events, message, hint = REFUSED[case]
    with pytest.raises(DataError) as raised:
        run_corridor(workspace, write_events(tmp_path / "e.csv", events))
    assert message in raised.value.message
    assert hint in raised.value.hint
    assert workspace.publications.pointed("current") == ""
    assert list(workspace.root.rglob(".tmp-*")) == []

import json
import subprocess
import sys

import pytest

from recpipe.core import promotions, registry
from recpipe.core.errors import BusyError, DataError
from recpipe.core.workspace import Workspace
from tests.tiny import alter, make_model


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path / "w")
    for name in ("mean-a", "mean-b", "mean-c"):
        make_model(workspace, "20240101-aa", {"apple": [1.0], "pear": [0.5]}, name=name)
    return workspace


def promote(workspace, *names):
    for name in names:
        registry.promote(workspace, name, why="test", who="ann")


def test_a_new_workspace_has_no_champion_and_no_record(workspace):
    assert (registry.champion(workspace), registry.previous(workspace), promotions.moves(workspace)) == (
        "",
        "",
        [],
    )


def test_a_promotion_moves_the_champion_and_records_who_and_why(workspace):
    assert registry.promote(workspace, "mean-a", why="beats popularity", who="ann")
    (move,) = promotions.moves(workspace)
    assert registry.champion(workspace) == "mean-a"
    assert (move.action, move.version, move.replaced, move.who, move.why) == (
        "promote", "mean-a", "", "ann", "beats popularity",
    )  # fmt: skip


def test_promoting_the_champion_again_changes_and_records_nothing(workspace):
    promote(workspace, "mean-a")
    assert not registry.promote(workspace, "mean-a", why="again", who="ann")
    assert len(promotions.moves(workspace)) == 1


PROMOTE = """
import sys
from recpipe.core import registry
from recpipe.core.errors import BusyError
from recpipe.core.workspace import Workspace
workspace = Workspace(__import__("pathlib").Path(sys.argv[1]))
before = registry.champion(workspace)
print("ready", flush=True)
input()
try:
    registry.promote(workspace, sys.argv[2], why="w", who=sys.argv[2], instead_of=before)
    print("won")
except BusyError as error:
    print(error.message)
"""


def test_of_two_promotions_at_once_one_wins_and_both_are_recorded(workspace):
    promote(workspace, "mean-a")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROMOTE, str(workspace.root), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("mean-b", "mean-c")
    ]  # fmt: skip
    for process in processes:
        assert process.stdout.readline() == "ready\n", "both have seen mean-a as champion"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[0] for process in processes]
    won, late = promotions.moves(workspace)[1:]
    assert (won.action, late.action) == ("promote", "late")
    assert {won.version, late.version} == {"mean-b", "mean-c"}
    assert registry.champion(workspace) == won.version == late.replaced
    assert sorted(told.startswith("won") for told in said) == [False, True]
    assert any(f"the champion became {won.version} while {late.version} was to take" in told for told in said)


def test_what_came_too_late_is_no_champion_to_go_back_to(workspace):
    promote(workspace, "mean-a", "mean-b")
    with pytest.raises(BusyError, match="became mean-b while mean-c was to take the place of mean-a"):
        registry.promote(workspace, "mean-c", why="w", who="ann", instead_of="mean-a")
    with pytest.raises(BusyError):
        registry.rollback(workspace, why="w", who="ann", instead_of="mean-c")
    assert (registry.champion(workspace), registry.previous(workspace)) == ("mean-b", "mean-a")
    assert [move.action for move in promotions.moves(workspace)] == ["promote", "promote", "late", "late"]


def test_a_version_is_taken_back_by_a_person_until_it_is_promoted_again(workspace):
    promote(workspace, "mean-a", "mean-b")
    registry.rollback(workspace, why="odd lists", who="bob")
    assert promotions.taken_back(workspace, "mean-b").why == "odd lists"
    assert promotions.taken_back(workspace, "mean-a") is None
    registry.promote(workspace, "mean-b", why="they are right", who="bob")
    assert promotions.taken_back(workspace, "mean-b") is None
    assert promotions.taken_back(workspace, "mean-a").why == "they are right"
    registry.promote(workspace, "mean-c", why="is ahead", who="pipeline")
    assert promotions.taken_back(workspace, "mean-b") is None, "a better one came, no person"
    with pytest.raises(BusyError):
        registry.promote(workspace, "mean-a", why="w", who="ann", instead_of="mean-b")
    assert promotions.taken_back(workspace, "mean-c") is None, "ann came too late"


def test_a_version_pruned_meanwhile_is_refused_and_not_recorded(workspace, monkeypatch):
    promote(workspace, "mean-a")
    monkeypatch.setattr(workspace.models, "verify", lambda name: workspace.models.remove(name))
    monkeypatch.setattr(registry, "refit_of", lambda workspace, name: "")
    with pytest.raises(DataError, match="there is no model version 'mean-b'"):
        promote(workspace, "mean-b")
    assert (registry.champion(workspace), len(promotions.moves(workspace))) == ("mean-a", 1)


def test_who_has_no_name_is_told_by_number(monkeypatch):
    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr(promotions.getpass, "getuser", nameless)
    assert promotions.user_name().startswith("user ")


def test_a_rollback_leads_to_the_champion_before(workspace):
    promote(workspace, "mean-a", "mean-b")
    assert registry.rollback(workspace, why="odd lists", who="bob") == "mean-a"
    assert registry.champion(workspace) == "mean-a"
    assert promotions.moves(workspace)[-1].action == "rollback"


def test_two_rollbacks_lead_two_champions_back(workspace):
    promote(workspace, "mean-a", "mean-b", "mean-c")
    assert [registry.rollback(workspace, why="w", who="b") for _ in range(2)] == ["mean-b", "mean-a"]
    assert registry.previous(workspace) == ""


def test_a_rollback_without_a_champion_before_is_refused(workspace):
    promote(workspace, "mean-a")
    with pytest.raises(DataError, match="no champion before mean-a"):
        registry.rollback(workspace, why="w", who="b")


def test_an_unknown_version_is_refused_by_name(workspace):
    with pytest.raises(DataError, match="mean-x"):
        registry.promote(workspace, "mean-x", why="w", who="b")
    assert registry.champion(workspace) == ""


def test_an_altered_version_is_refused_by_the_file_and_the_champion_stays(workspace):
    promote(workspace, "mean-a")
    alter(workspace.models.path("mean-b") / "item_vectors.npy")
    with pytest.raises(DataError, match=r"item_vectors\.npy.*altered.*mean-b"):
        registry.promote(workspace, "mean-b", why="w", who="b")
    assert registry.champion(workspace) == "mean-a"


def test_a_record_whose_move_never_came_about_does_no_harm(workspace):
    promote(workspace, "mean-a", "mean-b")
    lost = {"action": "promote", "version": "mean-c", "replaced": "mean-b", "previous": "mean-b"}
    with (workspace.root / promotions.LOG).open("a") as log:
        log.write(json.dumps(lost | {"who": "x", "why": "y", "at": "z"}) + "\n" + '{"action": "prom')
    assert (registry.champion(workspace), registry.previous(workspace)) == ("mean-b", "mean-a")
    promote(workspace, "mean-c")
    assert registry.previous(workspace) == "mean-b"


def test_a_reason_may_hold_any_character(workspace):
    why = "odd\u2028lists\x85\n“yes”"
    registry.promote(workspace, "mean-a", why=why, who="ann")
    assert [move.why for move in promotions.moves(workspace)] == [why]


def test_a_damaged_record_is_named(workspace):
    promote(workspace, "mean-a")
    (workspace.root / promotions.LOG).write_text("nonsense\n")
    with pytest.raises(DataError, match=r"promotions\.jsonl"):
        promotions.moves(workspace)


def test_versions_tell_their_state_and_their_metrics(workspace):
    promote(workspace, "mean-a", "mean-b")
    (workspace.models.path("mean-b") / "metrics.json").write_text('{"ndcg@10": 0.5}')
    told = {version.name: (version.state, version.metrics) for version in registry.versions(workspace)}
    assert told == {"mean-a": ("previous", {}), "mean-b": ("champion", {"ndcg@10": 0.5}), "mean-c": ("", {})}


def test_champion_previous_popularity_and_newest_are_in_use(workspace):
    make_model(workspace, "20240101-aa", {"apple": [1.0]}, name="popularity-a", kind="popularity")
    make_model(workspace, "20240101-aa", {"apple": [1.0]}, name="mean-unused")
    make_model(workspace, "20240101-aa", {"apple": [1.0]}, name="mean-newest")
    promote(workspace, "mean-a", "mean-b")
    assert registry.in_use(workspace) == {"mean-a", "mean-b", "popularity-a", "mean-newest"}


def test_a_refit_is_refused_as_champion_by_name(workspace):
    promote(workspace, "mean-a")
    make_model(workspace, "20240101-aa", {"apple": [1.0]}, name="mean-b-refit-1", refit_of="mean-b")
    with pytest.raises(DataError, match="mean-b-refit-1: a refit of mean-b, trained on the test too"):
        promote(workspace, "mean-b-refit-1")
    assert registry.champion(workspace) == "mean-a"

"""`recpipe models`, `recpipe promote` and `recpipe rollback`."""

import json

import pytest

from recpipe import train
from recpipe.cli import main
from recpipe.core import promotions, registry
from recpipe.core.workspace import Workspace
from tests.tiny import alter, load, make_model, make_snapshot


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    monkeypatch.setattr(promotions, "user_name", lambda: "ann")
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, {"u": ["a"], "v": ["b"]}, name="20240101-s")
    for name in ("mean-a", "mean-b", "mean-c"):
        make_model(workspace, "20240101-s", {"a": [1.0], "b": [0.5]}, name=name)
    judged(workspace, "mean-a", passed=True)
    judged(workspace, "mean-b", passed=False)
    registry.promote(workspace, "mean-a", why="is ahead", who="pipeline")
    return workspace


def judged(workspace, name, *, passed):
    rules = [{"rule": "ahead", "passed": passed, "why": "is not surely ahead of popularity-1"}]
    decision = {"challenger": name, "passed": passed, "rules": rules}
    metrics = {"ndcg@10": 0.25, "recall@10": 0.5, "test": {"k": 10}, "decision": decision}
    (workspace.models.path(name) / "metrics.json").write_text(json.dumps(metrics))


def run(workspace, *arguments, code=0):
    assert main([*arguments, "--workspace", str(workspace.root)]) == code


def test_models_tells_metrics_verdict_lineage_state_and_who_moved_the_champion(workspace, capsys):
    make_model(workspace, "20240101-s", {"a": [1.0]}, name="mean-a-refit-1", refit_of="mean-a")
    run(workspace, "models")
    lines = {line.split("  ")[0].strip(): line for line in capsys.readouterr().out.splitlines()}
    assert "champion  passed  NDCG@10 0.2500  recall@10 0.5000  on 20240101-s" in lines["mean-a"]
    assert "-         refused" in lines["mean-b"]
    assert "-         not evaluated  on 20240101-s" in lines["mean-c"]
    assert "refit of mean-a" in lines["mean-a-refit-1"]
    assert any(line.endswith("pipeline promoted mean-a: is ahead") for line in lines.values())


def test_so_many_moves_are_shown_as_asked_for(workspace, capsys):
    run(workspace, "models", "--moves", "0")
    assert "pipeline promoted" not in capsys.readouterr().out


def test_models_of_an_empty_workspace_says_so(tmp_path, capsys):
    run(Workspace.open(tmp_path / "empty"), "models")
    assert capsys.readouterr().out == "no model version yet\n"


def test_promoting_by_hand_records_who_and_why(workspace, capsys):
    judged(workspace, "mean-b", passed=True)
    run(workspace, "promote", "mean-b", "--why", "  better titles ")
    assert registry.champion(workspace) == "mean-b"
    move = promotions.moves(workspace)[-1]
    assert (move.who, move.why, move.replaced) == ("ann", "better titles", "mean-a")
    assert "champion  mean-b, in place of mean-a" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("mean-b", "mean-b: the gate refused it: it is not surely ahead of popularity-1"),
        ("mean-c", "mean-c: no gate has seen it"),
    ],
)
def test_what_the_gate_refused_or_never_saw_needs_force(workspace, capsys, version, said):
    run(workspace, "promote", version, "--why", "I like it", code=2)
    assert said in capsys.readouterr().err
    assert registry.champion(workspace) == "mean-a"
    run(workspace, "promote", version, "--why", "I like it", "--force")
    assert registry.champion(workspace) == version
    assert promotions.moves(workspace)[-1].why.startswith("I like it (forced: ")


@pytest.mark.parametrize("options", [["--force"], ["--force", "--why", " "]])
def test_force_needs_a_reason(workspace, capsys, options):
    run(workspace, "promote", "mean-b", *options, code=2)
    assert "--why" in capsys.readouterr().err
    assert registry.champion(workspace) == "mean-a"


def test_a_version_that_does_not_exist_is_refused_by_name(workspace, capsys):
    run(workspace, "promote", "mean-x", "--why", "w", "--force", code=2)
    assert "there is no model version 'mean-x'" in capsys.readouterr().err


def test_no_force_promotes_a_refit_an_altered_version_or_one_that_fails_the_smoke_test(workspace, capsys):
    make_model(workspace, "20240101-s", {"a": [1.0], "b": [0.5]}, name="mean-a-refit-1", refit_of="mean-a")
    make_model(workspace, "20240101-s", {"a": [1.0], "b": [1.0]}, name="mean-same")
    alter(workspace.models.path("mean-c") / "item_vectors.npy")
    refused = {
        "mean-a-refit-1": "a refit of mean-a, trained on the test too",
        "mean-c": "altered since model version mean-c was made",
        "mean-same": "failed the smoke test",
    }
    for version, said in refused.items():
        run(workspace, "promote", version, "--why", "w", "--force", code=2)
        assert said in capsys.readouterr().err
    assert registry.champion(workspace) == "mean-a"
    assert len(promotions.moves(workspace)) == 1


def test_promoting_the_champion_changes_nothing(workspace, capsys):
    run(workspace, "promote", "mean-a", "--why", "w")
    assert "mean-a already" in capsys.readouterr().out
    assert len(promotions.moves(workspace)) == 1


def test_a_rollback_by_hand_records_who_and_why(workspace, capsys):
    run(workspace, "rollback", "--why", "w", code=2)
    assert "no champion before mean-a" in capsys.readouterr().err
    run(workspace, "promote", "mean-c", "--why", "w", "--force")
    run(workspace, "rollback", "--why", "odd lists")
    assert registry.champion(workspace) == "mean-a"
    move = promotions.moves(workspace)[-1]
    assert (move.action, move.who, move.why, move.replaced) == ("rollback", "ann", "odd lists", "mean-c")
    run(workspace, "models")
    assert "ann rolled back to mean-a in place of mean-c: odd lists" in capsys.readouterr().out


def test_a_champion_that_changed_during_the_smoke_test_stays(workspace, capsys, monkeypatch):
    def slow(place, version):
        registry.promote(place, "mean-b", why="meanwhile", who="bob")
        return load(place, version)

    monkeypatch.setattr(train, "load", slow)
    run(workspace, "promote", "mean-c", "--why", "w", "--force", code=1)
    assert (
        "the champion became mean-b while mean-c was to take the place of mean-a" in capsys.readouterr().err
    )
    assert registry.champion(workspace) == "mean-b"

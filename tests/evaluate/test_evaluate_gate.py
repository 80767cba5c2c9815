import json
import re
import shutil

import numpy as np
import pytest

from recpipe import evaluate, train
from recpipe.core import promotions, registry
from recpipe.core.errors import BusyError, DataError
from recpipe.core.workspace import Workspace
from recpipe.evaluate import Decision, Rule, Scores
from recpipe.evaluate.params import EvaluateParams
from tests.tiny import alter, load, make_model, make_snapshot


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, {"ann": ["a"], "bob": ["b"]}, name="s")
    for name in ("mean-new", "mean-old", "popularity-new", "popularity-old"):
        make_model(workspace, "s", {"a": [1.0], "b": [0.5]}, name=name, kind=name.partition("-")[0])
    return workspace


def scores(version, ndcg, problem=""):
    """Of two users, one as much above the mean as the other is below it."""
    by_user = np.array([ndcg - 0.01, ndcg + 0.01])
    return Scores(version, version.partition("-")[0], 10, by_user, by_user, 1.0, problem)


def decide(workspace, champion="", *, challenger, popularity, champion_ndcg=None, problem="", named=""):
    if champion:
        registry.promote(workspace, champion, why="before", who="test")
    compared = {
        "challenger": scores("mean-new", challenger, problem),
        "popularity": scores("popularity-new", popularity),
    }
    if champion_ndcg is not None:
        compared["champion"] = scores(champion or named, champion_ndcg)
    return evaluate.decide(workspace, compared, {}, EvaluateParams())


def test_the_first_challenger_that_beats_popularity_becomes_champion(workspace):
    decision = decide(workspace, challenger=0.2, popularity=0.1)
    assert (decision.champion, decision.previous, decision.promoted) == ("mean-new", "", True)
    assert decision.reason == (
        "mean-new (NDCG@10 0.2000) becomes champion: "
        "it is ahead of popularity-new (NDCG@10 0.1000) by +0.1000 [+0.1000, +0.1000]."
    )


@pytest.mark.parametrize("challenger", [0.05, 0.1])
def test_popularity_becomes_champion_where_there_is_none_better(workspace, challenger):
    decision = decide(workspace, challenger=challenger, popularity=0.1)
    assert decision.champion == "popularity-new"
    assert "there being none yet: mean-new" in decision.reason
    assert not decision.passed


def test_a_challenger_that_beats_both_replaces_the_champion(workspace):
    decision = decide(workspace, "mean-old", challenger=0.3, popularity=0.1, champion_ndcg=0.2)
    assert (decision.champion, decision.previous) == ("mean-new", "mean-old")
    assert "and is ahead of mean-old (NDCG@10 0.2000) by +0.1000 [+0.1000, +0.1000]" in decision.reason


@pytest.mark.parametrize(("challenger", "popularity"), [(0.15, 0.1), (0.2, 0.1), (0.3, 0.4)])
def test_the_champion_stays_when_the_challenger_fails_to_beat_one_of_them(workspace, challenger, popularity):
    decision = decide(workspace, "mean-old", challenger=challenger, popularity=popularity, champion_ndcg=0.2)
    assert (decision.champion, decision.promoted) == ("mean-old", False)
    assert decision.reason.startswith("mean-old stays champion: mean-new")


def test_a_champion_that_popularity_beats_stays_with_a_warning(workspace):
    decision = decide(workspace, "mean-old", challenger=0.05, popularity=0.1, champion_ndcg=0.06)
    assert decision.champion == "mean-old"
    assert "beware: mean-old (NDCG@10 0.0600) does not beat popularity-new" in decision.reason


def test_the_champion_challenged_by_itself_stays(workspace):
    decision = decide(workspace, "mean-new", challenger=0.2, popularity=0.1)
    assert (decision.promoted, decision.reason) == (False, "mean-new is already champion.")


def test_popularity_as_champion_yields_to_a_better_challenger_only(workspace):
    assert decide(workspace, "popularity-new", challenger=0.2, popularity=0.1).champion == "mean-new"
    assert decide(workspace, challenger=0.1, popularity=0.1).champion == "popularity-new"


def test_an_older_popularity_yields_to_a_newer_better_one(workspace):
    decision = decide(workspace, "popularity-old", challenger=0.05, popularity=0.1, champion_ndcg=0.08)
    assert decision.champion == "popularity-new"


def test_a_challenger_with_a_problem_is_refused_whatever_its_scores(workspace):
    decision = decide(workspace, "mean-old", challenger=0.9, popularity=0.1, champion_ndcg=0.2, problem="P")
    assert (decision.champion, decision.reason) == ("mean-old", "mean-old stays champion: P.")


def test_the_figures_of_a_run_are_metrics_by_role_and_the_reason():
    compared = {"challenger": scores("mean-new", 0.2), "popularity": scores("popularity-new", 0.1)}
    rule = Rule("ahead of popularity", True, "is ahead", {"required": 0.0})
    assert evaluate.figures(compared, Decision("mean-new", "", "it is better", "mean-new", (rule,))) == {
        "k": 10,
        "users": 2,
        "metrics": {"model": {"ndcg": 0.2, "recall": 0.2}, "popularity": {"ndcg": 0.1, "recall": 0.1}},
        "ahead_of": {"popularity": {"ndcg": pytest.approx(0.1), "standard_error": pytest.approx(0)}},
        "decision": "it is better",
        "rules": [{"rule": "ahead of popularity", "passed": True, "why": "is ahead"}],
    }


def test_promotion_carries_the_decision_out_and_records_its_reason(workspace):
    assert evaluate.promote(workspace, Decision("mean-new", "", "it is better")) == "mean-new"
    assert [(move.version, move.why) for move in promotions.moves(workspace)] == [
        ("mean-new", "it is better")
    ]


def test_promoting_again_changes_nothing(workspace):
    for _ in range(2):
        evaluate.promote(workspace, Decision("mean-new", "", "it is better"))
    assert len(promotions.moves(workspace)) == 1


def test_a_decision_about_a_champion_that_changed_meanwhile_is_refused(workspace):
    registry.promote(workspace, "mean-old", why="by hand", who="ann")
    with pytest.raises(
        BusyError, match="champion became mean-old while mean-new was to take the place of none"
    ):
        evaluate.promote(workspace, Decision("mean-new", "", "it is better"))
    assert registry.champion(workspace) == "mean-old"


@pytest.mark.parametrize(
    ("vectors", "problem"),
    [
        ({"a": [1.0], "b": [1.0]}, "every item has the same score"),
        ({"a": [np.nan], "b": [1.0]}, "its item vectors are not finite"),
    ],
)
def test_what_fails_the_smoke_test_is_not_promoted(workspace, vectors, problem):
    make_model(workspace, "s", vectors, name="mean-ill")
    with pytest.raises(DataError, match=f"mean-ill: failed the smoke test.*{problem}"):
        evaluate.promote(workspace, Decision("mean-ill", "", "it is better"))
    assert (registry.champion(workspace), promotions.moves(workspace)) == ("", [])


def test_without_a_snapshot_there_is_no_smoke_test_and_no_promotion(tmp_path, workspace):
    shutil.rmtree(workspace.snapshots.root)
    with pytest.raises(DataError, match="there is no newest snapshot yet"):
        evaluate.promote(workspace, Decision("mean-new", "", "it is better"))


def test_no_run_promotes_again_what_somebody_took_back(workspace):
    registry.promote(workspace, "mean-old", why="before", who="test")
    registry.promote(workspace, "mean-new", why="better", who="pipeline")
    registry.rollback(workspace, why="odd lists", who="ann")
    decision = decide(workspace, challenger=0.3, popularity=0.1, champion_ndcg=0.2, named="mean-old")
    assert decision.champion == "mean-old"
    assert re.search(r"mean-new \(NDCG@10 0\.3000\) was taken back by ann on .*: odd lists", decision.reason)
    registry.promote(workspace, "mean-new", why="the lists are right", who="ann")
    registry.promote(workspace, "mean-old", why="for the test", who="pipeline")
    assert decide(workspace, challenger=0.3, popularity=0.1, champion_ndcg=0.2, named="mean-old").promoted


def test_an_altered_challenger_is_not_promoted(workspace):
    alter(workspace.models.path("mean-new") / "item_vectors.npy")
    with pytest.raises(DataError, match=r"item_vectors\.npy.*altered"):
        evaluate.promote(workspace, Decision("mean-new", "", "it is better"))
    assert registry.champion(workspace) == ""


@pytest.mark.parametrize("ndcg", [0.2, 0.1])
def test_a_version_tells_what_the_gate_said_of_it(tmp_path, ndcg):
    workspace = Workspace.open(tmp_path / "w")
    snapshot = make_snapshot(workspace, {"ann": ["a"], "bob": ["b"]}, {"ann": ["b"], "bob": ["a"]})
    for name, kind in (("mean-new", "mean"), ("popularity-new", "popularity"), ("mean-none", "mean")):
        make_model(workspace, snapshot, {"a": [1.0], "b": [0.5]}, name=name, kind=kind)
    test = evaluate.held_out(workspace, snapshot, EvaluateParams())
    compared = {"challenger": scores("mean-new", ndcg), "popularity": scores("popularity-new", 0.1)}
    decision = evaluate.decide(workspace, compared, {}, EvaluateParams())
    for role in compared:
        evaluate.write_card(workspace, role, compared, test, decision)
    verdicts = {one.name: one.verdict for one in registry.versions(workspace)}
    said = "passed" if ndcg > 0.1 else "refused"
    assert verdicts == {"mean-new": said, "popularity-new": "the bar", "mean-none": "not evaluated"}


def test_the_card_tells_where_a_split_by_last_events_is_weak(workspace):
    split = {"kind": "last-event", "test_from": ""}
    snapshot = make_snapshot(workspace, {"ann": ["a"], "bob": ["b"]}, {"ann": ["b"]}, split=split)
    make_model(workspace, snapshot, {"a": [1.0], "b": [0.5]}, name="mean-card")
    test = evaluate.held_out(workspace, snapshot, EvaluateParams())
    own = evaluate.score(load(workspace, "mean-card"), test)
    compared = {"challenger": own, "popularity": own}
    card = evaluate.write_card(workspace, "challenger", compared, test, Decision("mean-card", "", "it is"))
    assert "told apart by their order alone, may fall on both sides of the split" in card.read_text()


def test_the_card_tells_data_metrics_decision_parameters_limits_and_lineage(workspace):
    snapshot = make_snapshot(workspace, {"ann": ["a"], "bob": ["b"]}, {"ann": ["b"], "bob": ["a"]})
    make_model(workspace, snapshot, {"a": [1.0], "b": [0.5]}, name="mean-card")
    make_model(workspace, snapshot, {"a": [1.0], "b": [0.5]}, name="popularity-card", kind="popularity")
    test = evaluate.held_out(workspace, snapshot, EvaluateParams())
    roles = {"challenger": "mean-card", "popularity": "popularity-card"}
    scored = {role: evaluate.score(load(workspace, version), test) for role, version in roles.items()}
    decision = evaluate.decide(workspace, scored, {}, EvaluateParams())
    card = evaluate.write_card(workspace, "challenger", scored, test, decision).read_text()
    headings = [line for line in card.splitlines() if line.startswith("## ")]
    assert [heading[3:] for heading in headings] == [
        "Data", "Metrics", "Decision", "Parameters", "Limits", "Lineage",
    ]  # fmt: skip
    assert decision.reason in card
    assert "| ahead of popularity | broken | is not surely ahead of popularity-card" in card
    assert snapshot in card
    metrics = json.loads((workspace.models.path("mean-card") / "metrics.json").read_text())
    assert metrics["ndcg@10"] == 1.0
    assert metrics["test"]["users"] == 2
    assert metrics["decision"]["passed"] is False
    assert metrics["decision"]["rules"][1]["figures"] == {
        "required": 0.0, "estimate": 0.0, "low": 0.0, "high": 0.0,
    }  # fmt: skip
    assert metrics["challenger_ahead_of"] == {"popularity": {"ndcg": 0.0, "standard_error": 0.0}}
    assert "- The challenger is ahead of popularity by +0.0000 ± 0.0000 NDCG" in card
    assert "as of the test's begin until there is a refit" in card
    assert "told apart by their order alone" not in card
    assert workspace.models.verify("mean-card"), "the card is no part of the hashed files"

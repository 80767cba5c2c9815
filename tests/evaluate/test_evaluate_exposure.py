import pytest

from recpipe import evaluate
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.files import read_json
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams
from tests.tiny import load, make_model, make_snapshot

# ten of each, so that no difference is luck
KNOWN = {f"{name}{number}": [item] for number in range(10) for name, item in zip("uvw", "abc", strict=True)}
TEST = {f"{name}{number}": [item] for number in range(10) for name, item in zip("uvw", "baa", strict=True)}
# one list for all, what a user had left out: of all, of two thirds, and of nobody the right answer comes first
PERFECT = {"a": [3.0], "b": [2.0], "c": [1.0]}
GOOD = {"a": [2.0], "b": [3.0], "c": [1.0]}
BAD = {"a": [1.0], "b": [2.0], "c": [3.0]}
EARLIER, SAME, LATER = "2024-01-01T12:00:00", "2024-01-02T00:00:00", "2024-01-02T00:00:01"


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


def take_test(workspace, **split):
    make_snapshot(workspace, KNOWN, TEST, name="tested", split=split)
    return evaluate.held_out(workspace, "tested", EvaluateParams(k=1))


def mark(workspace, test, snapshot="other", split=None):
    version = make_model(workspace, snapshot, GOOD, name="mean-a", split=split)
    return evaluate.score(load(workspace, version), test).seen_test


def test_a_model_of_the_tests_own_snapshot_has_not_seen_it(workspace):
    assert mark(workspace, take_test(workspace), snapshot="tested") == ""


@pytest.mark.parametrize("begin", [EARLIER, SAME, "2024-01-02"])
def test_a_model_whose_own_test_begins_no_later_has_not_seen_it(workspace, begin):
    assert mark(workspace, take_test(workspace), split={"kind": "time", "test_from": begin}) == ""


def test_a_model_whose_own_test_begins_later_has_seen_it(workspace):
    found = mark(workspace, take_test(workspace), split={"kind": "time", "test_from": LATER})
    assert found == (
        "has seen events of this test (it knows those before 2024-01-02T00:00:01, the test begins at 2024-01-02)"
    )


@pytest.mark.parametrize(
    ("own", "asked"),
    [
        ({"kind": "last-event", "test_from": ""}, {}),
        ({"kind": "time", "test_from": EARLIER}, {"kind": "last-event", "test_from": ""}),
    ],
)
def test_a_model_of_another_kind_of_split_has_seen_it(workspace, own, asked):
    found = mark(workspace, take_test(workspace, **asked), split=own)
    assert found.startswith(f"has seen events of this test (it was trained with split {own['kind']}")


def test_last_events_of_another_snapshot_may_have_been_seen(workspace):
    last = {"kind": "last-event", "test_from": ""}
    assert mark(workspace, take_test(workspace, **last), split=last).startswith(
        "may have seen events of this"
    )


def test_a_model_that_does_not_tell_its_split_is_judged_by_its_snapshot(workspace):
    make_snapshot(workspace, KNOWN, name="earlier", split={"test_from": EARLIER})
    make_snapshot(workspace, KNOWN, name="later", split={"test_from": LATER})
    test = take_test(workspace)
    version = make_model(workspace, "later", GOOD, name="mean-later")
    assert mark(workspace, test, snapshot="earlier") == ""
    assert evaluate.score(load(workspace, version), test).seen_test.startswith("has seen")


def test_a_model_whose_snapshot_is_gone_may_have_seen_it(workspace):
    assert mark(workspace, take_test(workspace), snapshot="gone") == (
        "may have seen events of this test (how its snapshot gone was split is not known)"
    )


@pytest.mark.parametrize("split", [{"kind": "time", "test_from": EARLIER}, None])
@pytest.mark.parametrize("snapshot", ["tested", "other"])
def test_a_refit_has_always_seen_it(workspace, snapshot, split):
    test = take_test(workspace)
    name = make_model(workspace, snapshot, GOOD, name="mean-a-refit-1", refit_of="mean-a", split=split)
    found = evaluate.score(load(workspace, name), test).seen_test
    assert found == "has seen events of this test (it is a refit of mean-a, trained up to its now)"


def test_a_refit_given_as_challenger_is_refused(workspace):
    test = take_test(workspace)
    name = make_model(workspace, "tested", PERFECT, name="a-refit-1", kind="popularity", refit_of="a")
    make_model(workspace, "tested", BAD, name="popularity-new", kind="popularity")
    roles = {"challenger": name, "popularity": "popularity-new"}
    scores = {role: evaluate.score(load(workspace, version), test) for role, version in roles.items()}
    with pytest.raises(DataError, match="a-refit-1 has seen events of this test"):
        evaluate.decide(workspace, scores, {}, EvaluateParams())


def decide(workspace, winner, champion_split):
    """Let a perfect champion, a good `winner` and a bad one compete for the place."""
    test = take_test(workspace)
    good = {role: GOOD if role == winner else BAD for role in ("challenger", "popularity")}
    for role, items in good.items():
        make_model(workspace, "tested", items, name=f"{role}-new", kind="popularity")
    make_model(workspace, "other", PERFECT, name="old", kind="popularity", split=champion_split)
    registry.promote(workspace, "old", why="before", who="test")
    roles = {"challenger": "challenger-new", "popularity": "popularity-new", "champion": "old"}
    scores = {role: evaluate.score(load(workspace, version), test) for role, version in roles.items()}
    return scores, evaluate.decide(workspace, scores, {}, EvaluateParams()), test


@pytest.mark.parametrize("winner", ["challenger", "popularity"])
def test_a_champion_that_has_not_seen_the_test_keeps_its_place_by_its_score(workspace, winner):
    _, decision, _ = decide(workspace, winner, {"kind": "time", "test_from": EARLIER})
    assert decision.champion == "old"
    assert "does not count" not in decision.reason


@pytest.mark.parametrize("winner", ["challenger", "popularity"])
def test_a_champion_that_has_seen_the_test_yields_to_the_better_of_the_others(workspace, winner):
    scores, decision, _ = decide(workspace, winner, {"kind": "time", "test_from": LATER})
    assert scores["champion"].ndcg.mean() == 1
    assert (decision.champion, decision.previous) == (f"{winner}-new", "old")
    assert "The score of old (NDCG@1 1.0000) does not count: it has seen events of this" in decision.reason


def test_the_mark_stands_in_table_figures_metrics_and_card(workspace):
    scores, decision, test = decide(workspace, "challenger", {"kind": "time", "test_from": LATER})
    marked = scores["champion"].seen_test
    assert evaluate.compare(scores)["seen test"].to_dict() == {
        "challenger": "", "popularity": "", "champion": marked,
    }  # fmt: skip
    assert evaluate.figures(scores, decision)["metrics"]["champion"]["seen_test"] == marked
    card = evaluate.write_card(workspace, "challenger", scores, test, decision)
    assert f"- old {marked}." in card.read_text()
    assert read_json(card.with_name("metrics.json"))["compared"]["champion"]["seen_test"] == marked


@pytest.mark.parametrize("role", ["challenger", "popularity"])
def test_nobody_is_made_champion_by_a_test_seen_before(workspace, role):
    test = take_test(workspace)
    roles = {"challenger": GOOD, "popularity": BAD}
    for name, items in roles.items():
        make_model(workspace, "gone" if name == role else "tested", items, name=name, kind="popularity")
    scores = {name: evaluate.score(load(workspace, name), test) for name in roles}
    with pytest.raises(DataError, match=f"{role} may have seen events of this test"):
        evaluate.decide(workspace, scores, {}, EvaluateParams())

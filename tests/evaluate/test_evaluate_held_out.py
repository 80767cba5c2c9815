import pytest

from recpipe import evaluate
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.evaluate import questions as module
from recpipe.evaluate.params import EvaluateParams
from tests.tiny import make_snapshot

KNOWN = {"ann": ["apple", "pear"], "bob": ["plum"], "cat": ["plum"], "eve": []}
TEST = {"ann": ["plum", "plum", "apple"], "bob": ["kiwi"], "eve": ["pear"]}


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, KNOWN, TEST)
    return workspace


def answers(test):
    ids = test.snapshot.vocabulary.ids
    return {
        user: [ids[item - 1] for item in chunk.relevant[row]]
        for chunk in test.questions()
        for row, user in enumerate(chunk.histories.user_ids)
    }


def test_right_answers_are_distinct_known_items_the_user_had_not(workspace):
    test = evaluate.held_out(workspace, "", EvaluateParams())
    assert answers(test) == {"ann": ["plum"], "eve": ["pear"]}


def test_seen_allow_makes_items_the_user_had_right_answers_too(workspace):
    test = evaluate.held_out(workspace, "", EvaluateParams(seen="allow"))
    assert answers(test) == {"ann": ["apple", "plum"], "eve": ["pear"]}


def test_only_what_was_before_the_cut_is_history(workspace):
    (chunk,) = evaluate.held_out(workspace, "", EvaluateParams()).questions()
    assert chunk.histories.lengths.tolist() == [2, 0]


def test_the_counts_tell_what_no_model_can_know_and_what_is_seen(workspace):
    counts = evaluate.held_out(workspace, "", EvaluateParams()).counts
    assert (counts.users, counts.events, counts.right_answers, counts.new_users) == (2, 5, 2, 1)
    assert (counts.unknown_share, counts.seen_share) == (1 / 5, 1 / 5)


def test_chunks_change_nothing(workspace, monkeypatch):
    whole = evaluate.held_out(workspace, "", EvaluateParams())
    expected = answers(whole), whole.counts
    monkeypatch.setattr(module, "CHUNK_USERS", 1)
    parts = evaluate.held_out(workspace, "", EvaluateParams())
    assert (answers(parts), parts.counts) == expected


def test_a_test_that_asks_nobody_is_refused_and_says_why(tmp_path):
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, {"ann": ["apple"]}, {"ann": ["kiwi", "apple"]})
    with pytest.raises(DataError, match="nobody can be asked: of 2 test events 50% are on items not known"):
        evaluate.held_out(workspace, "", EvaluateParams())


def test_an_altered_snapshot_is_refused_by_name(workspace):
    (workspace.snapshots.path(workspace.snapshots.pointed("newest")) / "items.parquet").write_bytes(b"x")
    with pytest.raises(DataError, match=r"items\.parquet.*altered"):
        evaluate.held_out(workspace, "", EvaluateParams())

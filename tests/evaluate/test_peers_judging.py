"""Peers are judged as recpipe's own models are."""

import numpy as np
import pytest

from recpipe import evaluate
from recpipe.core.known import known_before
from recpipe.evaluate import EvaluateParams, HeldOut, held_out
from recpipe.evaluate.peers import judging
from recpipe.evaluate.peers.judging import Exam, best, judge, test_exam, validation_exam
from recpipe.train.judges import questions
from tests.evaluate.conftest import SIZE
from tests.tiny import load, make_model

test_exam.__test__ = False  # type: ignore[attr-defined]


def the_test(board: HeldOut) -> Exam:
    return test_exam(board, known_before(board.snapshot, "test"))


def planted(users: np.ndarray) -> np.ndarray:
    """User u wants item u, which only the test knows."""
    scores = np.zeros((len(users), SIZE), np.float32)
    scores[np.arange(len(users)), users] = 1
    return scores


def test_whoever_knows_the_answers_has_full_marks(board: HeldOut) -> None:
    judged = judge(planted, the_test(board))
    assert judged.ndcg.tolist() == [1.0] * SIZE
    assert judged.recall.tolist() == [1.0] * SIZE


@pytest.mark.parametrize("seen", ["exclude", "allow"])
def test_a_peer_and_a_model_with_the_same_scores_have_the_same_marks(board: HeldOut, seen) -> None:
    """Full ranking, seen items, candidates, ties by item id: all as `recpipe evaluate` has them."""
    test = held_out(board.workspace, "board", EvaluateParams(k=3, seen=seen))
    some = np.random.default_rng(0).integers(0, 4, SIZE).astype(np.float32)  # many ties
    vectors = {item: [float(some[row])] for row, item in enumerate(test.snapshot.vocabulary.ids)}
    version = make_model(test.workspace, "board", vectors, name="popularity-a", kind="popularity")
    own = evaluate.score(load(test.workspace, version), test)
    judged = judge(lambda users: np.broadcast_to(some, (len(users), SIZE)), the_test(test))
    assert judged.ndcg.tolist() == own.ndcg.tolist()
    assert judged.recall.tolist() == own.recall.tolist()
    assert 0 < own.ndcg.mean() < 1


def test_the_validation_part_is_asked_as_early_stopping_asks_it(board: HeldOut) -> None:
    exam = validation_exam(board, known_before(board.snapshot, "validation"), limit=1000)
    asked = questions(board.snapshot.histories(), SIZE, board.snapshot.event_weights)
    assert exam.relevant.values.tolist() == asked.relevant.values.tolist()
    assert exam.users.tolist() == np.flatnonzero(asked.relevant.lengths).tolist()


def test_validation_knows_nothing_of_validation(board: HeldOut) -> None:
    before, later = (known_before(board.snapshot, moment) for moment in ("validation", "test"))
    exam = validation_exam(board, before, limit=1000)
    assert len(later.rows) - len(before.rows) == SIZE
    assert not before.counts("binary")[exam.users, exam.relevant.values - 1].any()


def test_no_more_judges_than_the_limit_are_drawn(board: HeldOut) -> None:
    exam = validation_exam(board, known_before(board.snapshot, "validation"), limit=7)
    assert len(exam.users) == len(exam.relevant) == 7


def test_chunks_change_no_mark(board: HeldOut, monkeypatch) -> None:
    exam = the_test(board)
    scores = np.random.default_rng(0).random((SIZE, SIZE), np.float32)
    whole = judge(lambda users: scores[users], exam)
    monkeypatch.setattr(judging, "SCORE_BYTES", 3 * 4 * SIZE)
    assert judge(lambda users: scores[users], exam).ndcg.tolist() == whole.ndcg.tolist()


def test_the_best_are_those_of_a_stable_sort() -> None:
    scores = np.random.default_rng(0).integers(0, 5, (50, 30)).astype(np.float32)
    scores[::7, 4:] = -np.inf
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :6] + 1
    expected[::7, 4:] = 0
    assert best(scores, 6).tolist() == expected.tolist()


def test_a_list_longer_than_the_items_ends_with_none() -> None:
    assert best(np.array([[1.0, 2.0]], np.float32), 4).tolist() == [[2, 1, 0, 0]]


def test_scores_that_are_no_numbers_are_an_error(board: HeldOut) -> None:
    with pytest.raises(ValueError, match="400 of 400 scores are NaN"):
        judge(lambda users: np.full((len(users), SIZE), np.nan), the_test(board))

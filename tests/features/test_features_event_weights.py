"""Event weights on their way from the parameter through the snapshot to judges and to the test."""

import numpy as np
import pytest
from pydantic import ValidationError

from recpipe import evaluate, features
from recpipe.core.errors import DataError
from recpipe.core.snapshot import Snapshot
from recpipe.evaluate import EvaluateParams
from recpipe.features import FeaturesParams
from recpipe.train.judges import questions
from tests.features.small_shop import fill, write

# a fifth of the events is validation (days 9 to 11), a fifth is test (12 to 14)
RETURNS = [
    *[(0, "ann", "a"), (1, "bob", "b"), (2, "cat", "c"), (3, "ann", "b"), (4, "bob", "a")],
    *[(5, "cat", "d"), (6, "dan", "a"), (7, "dan", "b"), (8, "dan", "c")],
    *[(9, "ann", "c"), (10, "bob", "c"), (11, "bob", "c", "return")],
    *[(12, "ann", "d"), (13, "cat", "a"), (14, "cat", "a", "return")],
]


def sealed(workspace, **weights) -> Snapshot:
    features.seal(write(fill(workspace, RETURNS), event_weights=weights))
    return Snapshot.open(workspace)


def judged(snapshot: Snapshot) -> list[str]:
    size, weights = snapshot.vocabulary.size, snapshot.event_weights
    found = questions(snapshot.histories(), size, weights)
    return found.histories.user_ids[found.relevant.lengths > 0].tolist()


def asked(workspace) -> list[str]:
    questions = evaluate.held_out(workspace, "", EvaluateParams()).questions()
    return [user for chunk in questions for user in chunk.histories.user_ids]


def test_without_weights_every_event_counts(empty):
    snapshot = sealed(empty)
    assert snapshot.event_weights.tolist() == [0, 1, 1]
    assert (judged(snapshot), asked(empty)) == (["ann", "bob"], ["ann", "cat"])


def test_what_was_returned_is_a_right_answer_neither_in_validation_nor_in_the_test(empty):
    snapshot = sealed(empty, **{"return": 0})
    assert snapshot.event_weights.tolist() == [0, 1, 0]
    assert (judged(snapshot), asked(empty)) == (["ann"], ["ann"])
    assert evaluate.held_out(empty, "", EvaluateParams()).counts.events == 1


def test_the_manifest_has_a_weight_for_each_type_of_event(empty):
    manifest = sealed(empty, purchase=2.5).manifest
    assert dict(zip(manifest["event_types"], manifest["event_weights"], strict=True)) == {
        "purchase": 2.5,
        "return": 1.0,
    }


def test_other_weights_make_another_snapshot(empty):
    assert sealed(empty, purchase=2).name != sealed(empty, purchase=3).name


def test_a_snapshot_from_before_weights_weighs_every_event_1(empty):
    snapshot = sealed(empty, purchase=2)
    del snapshot.manifest["event_weights"]
    assert snapshot.event_weights.tolist() == [0, 1, 1]
    assert snapshot.event_weights.dtype == np.float32


def test_a_type_that_does_not_occur_is_refused_by_name(empty):
    with pytest.raises(DataError, match=r"names 'puchase', but the events are .* 'purchase', 'return'"):
        sealed(empty, puchase=5)


def test_weights_that_leave_nothing_to_learn_are_refused(empty):
    with pytest.raises(DataError, match=r"no type of event above 0.*'purchase' 0, 'return' -1"):
        sealed(empty, **{"purchase": 0, "return": -1})


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 2000, -2000, 1e-9, "much"])
def test_a_weight_that_is_no_sensible_number_is_refused(wrong):
    with pytest.raises(ValidationError, match="event_weights"):
        FeaturesParams(event_weights={"view": wrong})

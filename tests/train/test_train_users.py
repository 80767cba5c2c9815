"""What is known of a user beside the history becomes part of the query."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from recpipe import train
from recpipe.core.ranking import Ranker
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.train import chance
from recpipe.train.attributes import AttributeCodes, learn_attributes
from recpipe.train.encoders import ENCODERS
from recpipe.train.inputs import HISTORY, encoder_inputs
from recpipe.train.settings import Settings
from recpipe.train.users import USER_FEATURES, USER_NUMBERS, UserAttributes, attribute_inputs
from tests.train.conftest import Write
from tests.train.worlds import parity_world, write_world

QUICK: dict[str, Any] = {"dimension": 8, "max_history": 12, "batch_size": 16, "targets_per_query": 4}
QUICK |= {"window_days": 30, "learning_rate": 0.02, "dropout": 0.3, "id_dropout": 0.1}
KNOWN = {
    "names": ('{"club":"even"}', '{"club":"odd"}'),
    "numbers": ('{"age":20}', '{"age":"60"}'),
}
NEW = ("new-0", "new-1")
"""Users who have done nothing yet, of whom the same is known as of user 0 and 1."""


def known_world(workspace: Workspace, known: Sequence[str]) -> None:
    """Even users take even items, odd users odd ones, and what is known of them tells which they are."""
    nobody: Any = dict.fromkeys([*NEW, "new-x"], ([], [], []))
    attributes = {f"u{user:02d}": known[user % 2] for user in range(40)} | dict(zip(NEW, known, strict=True))
    write_world(workspace, parity_world() | nobody, "world", {}, attributes=attributes)


@pytest.fixture(scope="module", params=KNOWN)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> train.Recommender:
    workspace = Workspace.open(tmp_path_factory.mktemp(request.param))
    known_world(workspace, KNOWN[request.param])
    data = train.read(workspace, "", Settings(**QUICK, epochs=6, patience=6))
    return train.load(workspace, train.save(workspace, train.fit(data)))


def stranger(attributes: str) -> Histories:
    """A user whom no snapshot knows."""
    nothing = np.empty(0, np.int32)
    return Histories(
        np.array(["stranger"], object),
        np.zeros(2, np.int64),
        nothing,
        nothing.astype(np.uint8),
        nothing.astype(np.int64),
        np.zeros((1, 3), np.int32),
        np.array([attributes], object),
    )


@pytest.mark.parametrize("parity", [0, 1])
def test_a_user_without_history_gets_what_users_of_the_same_kind_take(
    served: train.Recommender, parity: int
) -> None:
    attributes = KNOWN["names" if served.user_codes.features else "numbers"][parity]
    query = served.query_vectors(stranger(attributes))
    scores = query[:, :-1] @ served.item_vectors[1:, :-1].T
    best = np.argsort(-scores[0])[:6]
    assert np.mean(best % 2 == parity) >= 5 / 6


def test_a_user_of_whom_nothing_or_only_the_unheard_of_is_known_is_like_any_other(
    served: train.Recommender,
) -> None:
    nothing, unheard = (served.query_vectors(stranger(told)) for told in ("{}", '{"club":"third"}'))
    np.testing.assert_array_equal(nothing, unheard)
    assert np.isfinite(nothing).all()


def test_who_is_known_by_attributes_alone_is_served_by_the_model(
    workspace: Workspace,
) -> None:
    known_world(workspace, KNOWN["names"])
    data = train.read(workspace, "", Settings(**QUICK, epochs=1))
    recommender = train.load(workspace, train.save(workspace, train.fit(data)))
    snapshot = Snapshot.open(workspace)
    histories = snapshot.histories()
    ranking = Ranker(recommender, snapshot, "now").rank(histories, 5, exclude_seen=True)
    told = dict(zip(histories.user_ids, ranking.is_personal, strict=True))
    assert told["new-0"]
    assert told["new-1"]
    assert not told["new-x"]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_encoder_of_a_history_reads_attributes_and_no_other(encoder: str, workspace: Workspace) -> None:
    known_world(workspace, KNOWN["names"])
    reads_history = HISTORY in ENCODERS[encoder].reads
    data = train.read(workspace, "", Settings(encoder=encoder, **QUICK))
    layer = ENCODERS[encoder](data.params, 40, None, data.user_codes)  # type: ignore[arg-type]
    assert ({USER_FEATURES, USER_NUMBERS} <= set(layer.reads)) == reads_history
    inputs = encoder_inputs(layer.reads, data.histories, 12, data.users, layer.codes)
    assert list(inputs) == list(layer.reads)


def test_an_encoder_reads_no_attributes_where_the_switch_is_off_or_there_are_none(
    workspace: Workspace, write_snapshot: Write
) -> None:
    known_world(workspace, KNOWN["names"])
    assert train.read(workspace, "", Settings(use_user_attributes=False)).user_codes == AttributeCodes()
    write_snapshot(parity_world(users=4), "other")
    assert train.read(workspace, "", Settings()).user_codes == AttributeCodes()


def test_attributes_are_told_by_the_codes_of_those_that_were_learned_from() -> None:
    codes = learn_attributes(['{"club":"a","age":20}', '{"club":"a","age":40}', "{}"])
    found = attribute_inputs(codes, stranger('{"club":"a","age":30}'))
    assert found[USER_FEATURES].tolist() == [[1]]
    assert found[USER_NUMBERS].tolist() == [[0, 0]]
    unknown = attribute_inputs(codes, stranger('{"club":"b"}'))
    assert (unknown[USER_FEATURES].tolist(), unknown[USER_NUMBERS].tolist()) == ([[0]], [[0, 1]])


def test_what_is_left_out_in_training_is_as_if_it_were_unknown() -> None:
    codes = learn_attributes(['{"club":"a","age":20}', '{"club":"a","age":40}'])
    chance.start(1)
    layer = UserAttributes(codes, 4, dropout=0.5)
    known = attribute_inputs(codes, stranger('{"club":"a","age":40}'))
    unknown = attribute_inputs(codes, stranger("{}"))
    tensors = {name: tf.constant(np.repeat(values, 200, axis=0)) for name, values in known.items()}
    drawn = np.unique(layer(tensors, training=True).numpy().round(5), axis=0)
    each = [
        {USER_FEATURES: features[USER_FEATURES], USER_NUMBERS: numbers[USER_NUMBERS]}
        for features in (known, unknown)
        for numbers in (known, unknown)
    ]
    expected = np.concatenate([layer(one).numpy() for one in each])
    np.testing.assert_allclose(drawn, np.unique(expected.round(5), axis=0), atol=2e-5)

"""What every peer must keep, found by its name as the benchmark finds it."""

import numpy as np
import pytest

from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.contract import Peer
from tests.knowns import checkerboard, known

PEERS = peers_of("last-event", "allow")
PERSONAL = [name for name in PEERS if not name.startswith(("popularity", "own"))]
SMALL = {"factors": 8, "iterations": 15, "neighbours": 50, "l2": 1.0, "regularisation": 0.1}


def small(peer: Peer) -> dict:
    return {name: SMALL.get(name, value) for name, value in peer.starts[0].items()}


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_every_item_gets_a_finite_score_for_each_user_asked(peer: Peer) -> None:
    board = checkerboard()
    scores = peer.fit(board, small(peer))(np.array([3, 0]))
    assert scores.shape == (2, board.items)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_an_item_or_user_without_events_is_no_trouble(peer: Peer) -> None:
    users = [[(1, 0.0), (2, 1.0)], [], [(2, 0.0), (1, 1.0)], [(1, 2.0), (3, 2.0)]] * 3
    scores = peer.fit(known(users, 5), small(peer))(np.arange(12))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", PERSONAL)
def test_a_personal_peer_finds_the_withheld_square_of_a_checkerboard(name: str) -> None:
    board = checkerboard(24)
    scores = PEERS[name].fit(board, small(PEERS[name]))(np.arange(24)).copy()
    scores[board.rows, board.columns] = -np.inf
    assert scores.argmax(axis=1).tolist() == list(range(24))


def test_own_frequency_is_asked_only_where_seen_items_are_allowed() -> None:
    refused = set(peers_of("time", "allow")) - set(peers_of("time", "exclude"))
    assert refused == {"own frequency", "own frequency, decayed"}


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_each_start_lies_on_the_axes(peer: Peer) -> None:
    for start in peer.starts:
        searched = {name: values for name, values in peer.axes.items() if name in start}
        assert all(start[name] in values for name, values in searched.items())
        assert all(
            isinstance(values[0], str) or list(values) == sorted(values) for values in searched.values()
        )

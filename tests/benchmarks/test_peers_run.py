"""A peer from tuning to test."""

from dataclasses import replace

from peers.run import run_peer

from recpipe.evaluate import HeldOut
from recpipe.evaluate.peers import peers_of
from tests.evaluate.conftest import SIZE


def test_a_peer_is_tuned_on_validation_and_finds_the_test(board: HeldOut) -> None:
    peer = replace(peers_of("time", "exclude")["EASE"], starts=({"counts": "binary", "l2": 10000.0},))
    plain, with_prior = run_peer(peer, board)
    assert plain.ndcg == [1.0] * SIZE
    assert plain.validation_ndcg > 0.3
    assert plain.tried > 1
    assert with_prior.name == "EASE with prior"
    assert plain.setting.items() <= with_prior.setting.items()

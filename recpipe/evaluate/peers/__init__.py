"""What a model is measured against: the usual methods, as the bench card and the benchmarks fit them."""

from recpipe.evaluate.peers import als, ease, frequency, item_knn, popularity
from recpipe.evaluate.peers.contract import Peer


def peers_of(split: str, seen: str) -> dict[str, Peer]:
    """Return the peers that apply, by name: own frequency only where a list may hold what was seen."""
    every = [*popularity.PEERS, *frequency.PEERS, *item_knn.PEERS, *als.PEERS, *ease.PEERS]
    if split == "last-event":
        every += [ease.PLAIN, ease.BY_POSITION]
    return {peer.name: peer for peer in every if seen == "allow" or not peer.repeats}

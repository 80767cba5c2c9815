"""Peers with the settings that `benchmarks/quality.py` found on validation, fitted once more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from peers.prior import with_prior
from recpipe.core.errors import ParameterError
from recpipe.core.known import known_before
from recpipe.evaluate import HeldOut
from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.contract import Peer
from recpipe.evaluate.peers.judging import judge, test_exam

SETTINGS = Path(__file__).with_name("tuned.json")
"""Data set, split, seen -> name of a peer -> its setting, as in the tables of README.md."""


Chosen = dict[str, tuple[Peer, dict[str, Any]]]
"""Name -> a peer and its setting."""


def tuned_peers(data: str, split: str, seen: str) -> Chosen:
    """Return by name each peer that was tuned for these lists, and its setting.

    Raises ParameterError where nothing was.
    """
    every, key = json.loads(SETTINGS.read_text(encoding="utf-8")), f"{data}, {split}, {seen}"
    if key not in every:
        raise ParameterError(f"no peer was tuned for {key}", f"Tuned were: {'; '.join(every)}.")
    plain = peers_of(split, seen)
    found: Chosen = {}
    for name, setting in every[key].items():
        peer = plain[name.removesuffix(" with prior")]
        found[name] = with_prior(peer, setting) if name.endswith(" with prior") else peer, setting
    return found


def judged_peers(peers: Chosen, test: HeldOut) -> Iterator[tuple[str, np.ndarray]]:
    """Fit each to everything before the test and yield its name and the NDCG of each user, (u,)."""
    known = known_before(test.snapshot, "test")
    exam = test_exam(test, known)
    for name, (peer, setting) in peers.items():
        yield name, judge(peer.fit(known, setting), exam).ndcg

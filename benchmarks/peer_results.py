"""Peers' results in a workspace: measured once for each snapshot, way of asking and search space."""

import sys
from pathlib import Path
from typing import Any

from process_tree import measure

from recpipe.core.errors import StageError
from recpipe.core.files import content_id, read_json, write_json
from recpipe.evaluate import HeldOut
from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.contract import Peer

FOLDER = "peers"
"""Where the results lie in the workspace; delete it to measure again after a change of a peer's code."""


def peer_results(test: HeldOut) -> list[dict[str, Any]]:
    """Tune and test each peer that applies, one process each, or read what was measured before.

    Each is what `peers.run.Result` holds, with `peak_mib` of the process that did it.
    """
    peers = peers_of(test.snapshot.manifest["split"]["kind"], test.seen)
    return [result for peer in peers.values() for result in _results(peer, test)]


def _results(peer: Peer, test: HeldOut) -> list[dict[str, Any]]:
    path = _path(peer, test)
    if not path.is_file():
        print(f"tuning {peer.name}", file=sys.stderr, flush=True)
        _measure(peer, test, path)
    results: list[dict[str, Any]] = read_json(path)
    return results


def _path(peer: Peer, test: HeldOut) -> Path:
    searched = [dict(start) for start in peer.starts], {name: list(of) for name, of in peer.axes.items()}
    name = f"{peer.name.replace(' ', '-').replace(',', '')}-{content_id(test.seen, test.k, *searched)}"
    return test.workspace.root / FOLDER / test.snapshot.name / f"{name}.json"


def _measure(peer: Peer, test: HeldOut, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = path.with_suffix(".part")
    program = str(Path(__file__).with_name("one_peer.py"))
    asked = [str(test.workspace.root), test.snapshot.name, test.seen, str(test.k), peer.name, str(raw)]
    measured = measure([sys.executable, program, *asked])
    if measured.exit_code:
        raise StageError(f"{peer.name}: its process ended with {measured.exit_code}", "Read what it printed.")
    write_json(path, [{**result, "peak_mib": measured.peak_mib} for result in read_json(raw)])
    raw.unlink()

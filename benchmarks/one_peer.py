"""Tune and test one peer, in a process of its own so that its memory can be told.

python benchmarks/one_peer.py WORKSPACE SNAPSHOT exclude|allow K "EASE" RESULTS.json
"""

import sys
from pathlib import Path
from typing import Literal, cast

from peers.run import as_json, run_peer

from recpipe.core.files import write_json
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams, held_out
from recpipe.evaluate.peers import peers_of


def main(workspace: str, snapshot: str, seen: str, k: str, name: str, path: str) -> int:
    """Write the results of the peer `name`, and of it with a prior, as one JSON file."""
    allowed = cast(Literal["exclude", "allow"], seen)
    test = held_out(Workspace.open(workspace), snapshot, EvaluateParams(k=int(k), seen=allowed))
    peer = peers_of(test.snapshot.manifest["split"]["kind"], seen)[name]
    write_json(Path(path), [as_json(result) for result in run_peer(peer, test)])
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

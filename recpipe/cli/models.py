"""`recpipe models`."""

import os
from collections.abc import Iterator

from pydantic import Field

from recpipe.cli.options import WorkspaceOptions
from recpipe.core import promotions, registry
from recpipe.core.workspace import Workspace


class Models(WorkspaceOptions):
    """List the model versions: metrics, what the gate said, lineage, state; and who moved the champion."""

    moves: int = Field(5, ge=0, le=1000)
    """How many of the latest moves of the champion are shown."""

    def execute(self) -> int:
        """Print both; nothing is changed."""
        workspace = self.existing_workspace()
        moved = [_move_line(move) for move in promotions.moves(workspace)[::-1][: self.moves]]
        listed = list(_version_lines(workspace)) or ["no model version yet"]
        print("\n".join([*listed, "", *moved] if moved else listed))
        return os.EX_OK


def _version_lines(workspace: Workspace) -> Iterator[str]:
    found = registry.versions(workspace)
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        made = one.created_at[:16].replace("T", " ")
        verdict = f"refit of {one.refit_of}" if one.refit_of else one.verdict
        facts = [made, f"{one.state or '-':<8}", verdict, *_metrics(one), f"on {one.snapshot}"]
        lineage = [f"from {one.started_from}"] if one.started_from else []
        yield f"{one.name:<{width}}  {'  '.join([*facts, *lineage])}"


def _metrics(one: registry.Version) -> Iterator[str]:
    k = one.metrics.get("test", {}).get("k")
    for key, label in (("ndcg", "NDCG"), ("recall", "recall")):
        if f"{key}@{k}" in one.metrics:
            yield f"{label}@{k} {one.metrics[f'{key}@{k}']:.4f}"


def _move_line(move: promotions.Move) -> str:
    done = {"promote": "promoted", "rollback": "rolled back to", "late": "came too late with"}[move.action]
    instead = f" in place of {move.replaced}" if move.replaced else ""
    return f"{move.at[:16].replace('T', ' ')}  {move.who} {done} {move.version}{instead}: {move.why}"

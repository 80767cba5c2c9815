"""Model versions and which of them is champion: promotion and rollback.

The champion is a pointer, moved last, after the move was recorded (`core/promotions.py`). Both change under
a lock, and only if the champion is still the one that was decided about; who came too late is recorded, too.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from recpipe.core.bases import base_of, with_bases
from recpipe.core.errors import BusyError, DataError
from recpipe.core.files import read_json
from recpipe.core.promotions import Move, held, moves, now, previous_of, record
from recpipe.core.refits import refit_of, with_refits
from recpipe.core.starts import started_from, with_starts
from recpipe.core.workspace import Workspace

CHAMPION = "champion"
POPULARITY = "popularity"
NEWEST = "newest"
METRICS = "metrics.json"


@dataclass(frozen=True)
class Version:
    """A model version: `state` is "champion", "previous" or ""; `metrics` is empty until evaluated.

    started_from: whose weights it went on from, refit_of: whose refit it is, else "".
    """

    name: str
    kind: str
    snapshot: str
    created_at: str
    state: str
    metrics: dict[str, Any]
    started_from: str = ""
    refit_of: str = ""

    @property
    def verdict(self) -> str:
        """What the gate said of it: "passed", "refused", "the bar" (popularity), or "not evaluated"."""
        decision = self.metrics.get("decision")
        if not decision:
            return "not evaluated"
        if decision.get("challenger") != self.name:
            return "the bar"
        return "passed" if decision["passed"] else "refused"


def champion(workspace: Workspace) -> str:
    """Return the champion's name, "" if there is none yet."""
    return workspace.models.pointed(CHAMPION)


def previous(workspace: Workspace) -> str:
    """Return the version that a rollback would lead to, "" if there is none."""
    return previous_of(champion(workspace), moves(workspace))


def versions(workspace: Workspace) -> list[Version]:
    """Return every model version, newest first."""
    states = {previous(workspace): "previous", champion(workspace): "champion"}
    return [_version(workspace, name, states.get(name, "")) for name in workspace.models.names()]


def version(workspace: Workspace, name: str) -> Version:
    """Return one model version. Raises DataError if there is none of that name."""
    state = "champion" if name == champion(workspace) else "previous" if name == previous(workspace) else ""
    return _version(workspace, name, state)


def in_use(workspace: Workspace, also: Collection[str] = ()) -> set[str]:
    """Return what must not be pruned: champion, the one before it, popularity, newest, and `also`.

    With each version its newest refit and what it started from, with each refit its version.
    """
    pointed = {workspace.models.pointed(pointer) for pointer in (CHAMPION, POPULARITY, NEWEST)}
    return with_starts(
        workspace, _with_what_makes_lists(workspace, (pointed | {previous(workspace), *also}) - {""})
    )


def recent(workspace: Workspace, count: int, days: int) -> set[str]:
    """Return the newest `count` versions made in the last `days` days, and what each started from.

    Refits and popularity are no versions of their own here: the ones in use are kept anyway.
    """
    oldest = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    made = [one for one in versions(workspace) if not one.refit_of and one.kind != POPULARITY]
    # a version with a second stage and what it stands upon are one model
    bases = {base_of(workspace, one.name) for one in made if base_of(workspace, one.name) != one.name}
    own = [one for one in made if one.name not in bases]
    kept = {one.name for one in own[:count] if one.created_at >= oldest}
    return with_starts(workspace, with_bases(workspace, kept))


def _with_what_makes_lists(workspace: Workspace, names: set[str]) -> set[str]:
    """Return versions, what their second stages stand upon, and the refits of all these."""
    refitted = with_refits(workspace, with_bases(workspace, names))
    return with_bases(workspace, refitted)


def promote(workspace: Workspace, version: str, *, why: str, who: str, instead_of: str | None = None) -> bool:
    """Make `version` the champion; return False if it is already.

    instead_of: the champion that was decided about, "" if there was none; None takes it as it is now. The
    files are verified first; the pointer moves last. Raises DataError if there is no such version, if it is
    a refit, or naming the file that was altered; BusyError, with a record, if the champion is another by now.
    """
    workspace.models.verify(version)
    if made_of := refit_of(workspace, version):
        raise DataError(
            f"{version}: a refit of {made_of}, trained on the test too, so that no score speaks for it",
            f"Promote {made_of}: lists are then made by its refit.",
        )
    with held(workspace):
        replaced = champion(workspace)
        if version == replaced:
            return False
        move = Move("promote", version, replaced, replaced, who, why, now())
        _move(workspace, move, replaced if instead_of is None else instead_of)
    return True


def rollback(workspace: Workspace, *, why: str, who: str, instead_of: str | None = None) -> str:
    """Make the champion's predecessor champion again and return its name.

    instead_of: as in `promote`. Rolling back twice goes two versions back. Raises DataError if there is no
    predecessor, or naming its file that was altered; BusyError as `promote` does.
    """
    replaced, target = champion(workspace), previous(workspace)
    if not target:
        raise DataError(
            f"{workspace.models.root}: no champion before {replaced or 'the first'}",
            "Promote a version instead.",
        )
    workspace.models.verify(target)
    with held(workspace):
        before = previous_of(target, moves(workspace))
        move = Move("rollback", target, champion(workspace), before, who, why, now())
        _move(workspace, move, replaced if instead_of is None else instead_of)
    return target


def _move(workspace: Workspace, move: Move, instead_of: str) -> None:
    if move.replaced != instead_of:
        record(workspace, replace(move, action="late", previous=""))
        raise BusyError(
            f"{workspace.models.root}: the champion became {move.replaced or 'none'} while {move.version} "
            f"was to take the place of {instead_of or 'none'}",
            "Look at `recpipe models`, then decide again.",
        )
    workspace.models.path(move.version)  # it may have been pruned since it was verified
    record(workspace, move)
    workspace.models.point(CHAMPION, move.version)


def _version(workspace: Workspace, name: str, state: str) -> Version:
    manifest = workspace.models.manifest(name)
    metrics = workspace.models.path(name) / METRICS
    return Version(
        name=name,
        kind=manifest["kind"],
        snapshot=manifest["snapshot"],
        created_at=manifest["created_at"],
        state=state,
        metrics=read_json(metrics) if metrics.exists() else {},
        started_from=started_from(workspace, name),
        refit_of=refit_of(workspace, name),
    )

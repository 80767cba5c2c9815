"""`recpipe promote` and `recpipe rollback`."""

import os
from typing import Annotated

from pydantic import StringConstraints
from pydantic_settings import CliImplicitFlag, CliPositionalArg

from recpipe.cli.options import WorkspaceOptions
from recpipe.core import promotions, registry
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Promote(WorkspaceOptions):
    """Make a model version the champion by hand, after a smoke test; who and why are recorded."""

    version: CliPositionalArg[str]
    """The version, as `recpipe models` names it."""

    why: Reason
    """The reason, for those who ask later."""

    force: CliImplicitFlag[bool] = False
    """Promote it though the gate refused it or never saw it."""

    def execute(self) -> int:
        """Promote it, if the champion is still the one of now when all is checked."""
        workspace = self.existing_workspace()
        replaced = registry.champion(workspace)
        why = self.why + _objection(registry.version(workspace, self.version), self.force)
        if self.version == replaced:
            print(f"champion  {self.version} already, nothing was changed")
            return os.EX_OK
        from recpipe.evaluate import smoke_test

        smoke_test(workspace, self.version)
        who = promotions.user_name()
        registry.promote(workspace, self.version, why=why, who=who, instead_of=replaced)
        _tell(workspace, replaced)
        return os.EX_OK


class Rollback(WorkspaceOptions):
    """Make the champion before this one champion again, after a smoke test.

    No run promotes this one again by itself; who and why are recorded.
    """

    why: Reason
    """The reason, for those who ask later."""

    def execute(self) -> int:
        """Go one champion back, if the champion is still the one of now when all is checked."""
        workspace = self.existing_workspace()
        replaced, target = registry.champion(workspace), registry.previous(workspace)
        if target:
            from recpipe.evaluate import smoke_test

            smoke_test(workspace, target)
        registry.rollback(workspace, why=self.why, who=promotions.user_name(), instead_of=replaced)
        _tell(workspace, replaced)
        return os.EX_OK


def _objection(version: registry.Version, force: bool) -> str:
    """Return what is recorded beside the reason. Raises DataError for what needs --force without it."""
    if version.verdict in {"passed", "the bar"} or version.refit_of:  # a refit is refused in any case
        return ""
    said = "no gate has seen it" if version.verdict == "not evaluated" else "the gate refused it"
    if not force:
        decision = version.metrics.get("decision", {})
        broken = [rule["why"] for rule in decision.get("rules", ()) if not rule["passed"]]
        raise DataError(
            ": it ".join([f"{version.name}: {said}", *broken[:1]]),
            "Evaluate it, or add --force: your reason is recorded.",
        )
    return f" (forced: {said})"


def _tell(workspace: Workspace, replaced: str) -> None:
    print(f"champion  {registry.champion(workspace)}, in place of {replaced or 'none'}")
    print(f"next      recpipe stage recommend --workspace {workspace.root}      publishes its lists")

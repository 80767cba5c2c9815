"""Whether a model was trained on events of a test: its score there is then no evidence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from recpipe.core.refits import REFIT_OF
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace


def seen_test(workspace: Workspace, version: str, test: Snapshot) -> str:
    """Tell how `version` has seen, or may have seen, events of the test part of `test`; "" if it has not.

    It has not if it was trained on `test` itself, or if both are split by time and its own test part
    begins no later: all that it learned from was before that. Its split is told by its manifest, else
    by its snapshot; where neither can tell (the snapshot was pruned), it may have seen them. A refit has.
    """
    manifest = workspace.models.manifest(version)
    if REFIT_OF in manifest:
        return f"has seen events of this test (it is a refit of {manifest[REFIT_OF]}, trained up to its now)"
    trained_on = manifest["snapshot"]
    if trained_on == test.name:
        return ""
    own, asked = _split(workspace, manifest), test.manifest["split"]
    if not own:
        return f"may have seen events of this test (how its snapshot {trained_on} was split is not known)"
    if own["kind"] != asked["kind"]:
        return f"has seen events of this test (it was trained with split {own['kind']}, not {asked['kind']})"
    if own["kind"] != "time":
        return (
            f"may have seen events of this test (split {own['kind']} of another snapshot has no common time)"
        )
    if datetime.fromisoformat(own["test_from"]) > datetime.fromisoformat(asked["test_from"]):
        return (
            f"has seen events of this test (it knows those before {own['test_from']}, "
            f"the test begins at {asked['test_from']})"
        )
    return ""


def _split(workspace: Workspace, manifest: Mapping[str, Any]) -> Mapping[str, str]:
    snapshots, trained_on = workspace.snapshots, manifest["snapshot"]
    if "split" in manifest or not snapshots.has(trained_on):
        return dict(manifest.get("split", {}))
    return dict(snapshots.manifest(trained_on)["split"])

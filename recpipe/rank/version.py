"""A second stage as an ordinary model version: a small folder that names the retrieval it stands upon."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from recpipe.core.bases import BASE, base_of
from recpipe.core.errors import DataError
from recpipe.core.refits import REFIT_OF, find_refit
from recpipe.core.starts import CHAMPION_BEFORE
from recpipe.core.workspace import Workspace
from recpipe.rank.fit import Fitted
from recpipe.rank.ranker import read_ranker
from recpipe.rank.second import SecondStage

if TYPE_CHECKING:
    from recpipe.train import Recommender

KIND = "ranked"


def save(workspace: Workspace, model: str, fitted: Fitted | None) -> str:
    """Write a second stage that is kept as a version; return its name, else the retrieval of `model`.

    ranker-1.txt, …: the trees of each seed in LightGBM's text format. The manifest has what they read, by
    name and in order (`features`), and `base`, the version whose candidates they order. The pointer
    "newest" names what is returned.
    """
    name = _write(workspace, fitted) if fitted and fitted.is_kept else base_of(workspace, model)
    workspace.models.point("newest", name)
    return name


def refit(workspace: Workspace, version: str, snapshot: str, base: str) -> str:
    """Let a second stage stand upon `base`, its retrieval's refit on `snapshot`; return the new name.

    The trees stay as they were judged; generators are fitted anew wherever lists are made. A version without
    a second stage gives `base`, and so does nothing to be done: `base` the retrieval itself.
    """
    models = workspace.models
    manifest = models.manifest(version)
    if BASE not in manifest:
        return base
    if base == manifest[BASE]:
        return version
    found = find_refit(workspace, version, snapshot)
    if found and models.is_whole(found) and base_of(workspace, found) == base:
        return found
    folder = models.verify(version)
    draft = models.draft(f"{version}-refit")
    for file in _rankers(manifest):
        (draft.folder / file).write_bytes((folder / file).read_bytes())
    draft.name = f"{version}-refit-{draft.content_id(base, snapshot)}"
    told = {name: manifest[name] for name in TOLD}
    figures = {"rounds": manifest["figures"]["rounds"]}
    return draft.seal({**told, "figures": figures, "snapshot": snapshot, BASE: base, REFIT_OF: version})


def load(workspace: Workspace, version: str) -> "Recommender":
    """Load any model version, with its second stage if it has one.

    Raises DataError naming a file that is missing, altered or unfit, of the version or of its retrieval.
    """
    from recpipe import train  # loads TensorFlow

    manifest = workspace.models.manifest(version)
    if BASE not in manifest:
        return train.load(workspace, version)
    folder = workspace.models.verify(version)
    if not workspace.models.has(manifest[BASE]):
        raise DataError(
            f"{version}: it orders what {manifest[BASE]} finds, which is gone", "Run the stages again."
        )
    retrieval = train.load(workspace, manifest[BASE])
    second = SecondStage(
        retrieval=retrieval,
        ranker=read_ranker([folder / file for file in _rankers(manifest)], manifest["features"]),
        generators=tuple(manifest["generators"]),
        depth=manifest["parameters"]["candidates"],
        excludes_seen=manifest["parameters"]["seen"] == "exclude",
    )
    return replace(retrieval, version=version, kind=KIND, second=second)


TOLD = ("kind", "split", "parameters", "generators", "features", "event_types", CHAMPION_BEFORE)
"""What a refit's manifest says as its version's does."""


def _write(workspace: Workspace, fitted: Fitted) -> str:
    retrieval = workspace.models.manifest(fitted.retrieval)
    draft = workspace.models.draft(KIND)
    for number, text in enumerate(fitted.ranker.texts(), start=1):
        (draft.folder / f"ranker-{number}.txt").write_text(text, encoding="utf-8")
    parameters = fitted.params.model_dump(mode="json")
    draft.name = f"{KIND}-{draft.content_id(fitted.retrieval, parameters)}"
    return draft.seal(
        {
            "kind": KIND,
            BASE: fitted.retrieval,
            "snapshot": fitted.snapshot,
            "split": retrieval.get("split", {}),
            CHAMPION_BEFORE: retrieval.get(CHAMPION_BEFORE, ""),
            "parameters": parameters,
            "generators": list(fitted.generators),
            "features": list(fitted.ranker.names),
            "event_types": retrieval.get("event_types", []),
            "figures": figures(fitted),
        }
    )


def figures(fitted: Fitted | None) -> dict[str, Any]:
    """Return what the training says of itself, ready for JSON: of the validation part only."""
    if fitted is None:
        return {"kept": False}
    gain = fitted.gain
    return {
        "kept": fitted.is_kept,
        "rounds": fitted.rounds,
        "rehearsal_ndcg": {str(rounds): ndcg for rounds, ndcg in fitted.ndcg.items()},
        "retrieval_ndcg": fitted.retrieval_ndcg,
        "gain": {"estimate": gain.estimate, "low": gain.low, "high": gain.high},
        "recall": dict(fitted.recall),
        "importances": fitted.ranker.importances(),
    }


def _rankers(manifest: dict[str, Any]) -> list[str]:
    return [f"ranker-{number}.txt" for number in range(1, manifest["parameters"]["seeds"] + 1)]

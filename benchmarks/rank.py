"""How much a second stage adds: beside retrieval alone and every tuned peer, with ablations and costs.

    python benchmarks/rank.py --data complete-journey --seen exclude --workspace FOLDER --models A,B

FOLDER holds a snapshot and trained models; `quality.py --model-only --seeds 1,2 --workspace FOLDER` beside it
leaves them and prints their names. Peers have the settings that quality.py found for the data, split and
lists (`peers/tuned.json`), and are fitted once more, on the same test. Prints markdown.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from datasets import DATASETS
from peers.tuned import judged_peers, tuned_peers
from quality_table import asked, machine
from rank_runs import ABLATIONS, Measured, measure

from recpipe.core.bases import base_of
from recpipe.core.bootstrap import difference_interval
from recpipe.core.errors import RecpipeError
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams, held_out

HEAD = "| lists | NDCG@10 | × best peer | ahead of it | ahead of retrieval alone |\n|---|---|---|---|---|"
RECALL = "| candidates, first model | recall@100 | recall@200 |\n|---|---|---|"
COSTS = "| part, first model | CPU s | peak MiB by then |\n|---|---|---|"


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        print("\n\n".join(measured(options)))
    except RecpipeError as error:
        print(f"{error.message}\nTo do: {error.hint}", file=sys.stderr)
        return 1
    return 0


def measured(options: argparse.Namespace) -> Iterator[str]:
    """Yield the parts of the report."""
    workspace = Workspace.open(options.workspace)
    snapshot = Snapshot.open(workspace)
    peers = tuned_peers(options.data, snapshot.manifest["split"]["kind"], options.seen)
    test = held_out(workspace, snapshot.name, EvaluateParams(seen=options.seen))
    versions = [
        base_of(workspace, workspace.models.resolve(name, "newest")) for name in options.models or [""]
    ]
    # the models first, so that their peak memory is not the peers'
    models = [
        measure(workspace, version, test, options.seeds, ablations=options.ablations) for version in versions
    ]
    yield f"**{options.data}**: {asked(test)}. Machine: {machine()}."
    yield report(dict(judged_peers(peers, test)), models)
    promised = [
        f"{one.version}, seed {seed}: {apart}" for one in models for seed, apart in one.promised.items()
    ]
    yield f"Promised by folds of the validation part, by which `auto` decides: {'; '.join(promised)}."
    yield "\n".join([RECALL, *_recalls(models[0])])
    yield "\n".join(
        [COSTS, *(f"| {part} | {cpu:.1f} | {peak:,.0f} |" for part, cpu, peak in models[0].costs)]
    )


def report(peers: dict[str, np.ndarray], models: Sequence[Measured]) -> str:
    """Render everyone on the test beside the best peer; each ablation as the mean over the models."""
    best = max(peers.values(), key=lambda ndcg: float(ndcg.mean()))

    def line(name: str, ndcg: np.ndarray, alone: np.ndarray | None = None) -> str:
        gained = "" if alone is None else difference_interval(ndcg, alone)
        times = ndcg.mean() / best.mean()
        return f"| {name} | {ndcg.mean():.4f} | {times:.3f} | {difference_interval(ndcg, best)} | {gained} |"

    lines = [line(name, ndcg) for name, ndcg in sorted(peers.items(), key=lambda row: row[1].mean())]
    for one in models:
        lines.append(line(f"retrieval alone, {one.version}", one.alone))
        lines += [
            line(f"ranked, seed {seed} ({one.rounds[seed]} trees)", ndcg, one.alone)
            for seed, ndcg in one.ranked.items()
        ]
    alone = np.mean([one.alone for one in models], axis=0)
    ranked = np.mean([ndcg for one in models for ndcg in one.ranked.values()], axis=0)
    lines.append(line(f"**ranked, mean of {sum(len(one.ranked) for one in models)}**", ranked, alone))
    lines += [
        line(name, np.mean([one.ablated[name] for one in models], axis=0), alone)
        for name in ABLATIONS
        if models[0].ablated
    ]
    return "\n".join([HEAD, *lines])


def _recalls(model: Measured) -> Iterator[str]:
    for name in dict.fromkeys(each.partition("@")[0] for each in model.recall):
        yield f"| {name} | {model.recall[f'{name}@100']:.4f} | {model.recall[f'{name}@200']:.4f} |"


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--workspace", required=True, help="with a snapshot and trained models")
    made.add_argument("--data", choices=DATASETS, default="complete-journey", help="what the snapshot is of")
    made.add_argument(
        "--models", type=lambda text: text.split(","), default=[], help="retrievals; empty: the newest"
    )
    made.add_argument("--seen", choices=("exclude", "allow"), default="exclude", help="items had before")
    made.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2])
    made.add_argument("--ablations", action="store_true", help="leave groups of features out, too")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

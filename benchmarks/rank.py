"""How much a second stage adds: beside retrieval alone and the best peers, with ablations and costs.

    python benchmarks/rank.py --workspace FOLDER --seen exclude --seeds 1,2

FOLDER holds a snapshot and a trained model (`benchmarks/quality.py --workspace FOLDER` or a run leaves them).
Peers have the settings that `benchmarks/quality.py` found on Complete Journey (--peer, JSON, for others). The
candidates of each window are made once; every seed and every ablation learns from the same. Prints markdown.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from peers.prior import with_prior

from recpipe import rank
from recpipe.core.bases import base_of
from recpipe.core.bootstrap import difference_interval
from recpipe.core.known import known_before
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams, held_out, score
from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.judging import judge, test_exam
from recpipe.rank.as_of import as_of_validation
from recpipe.rank.fit import cross_fitted, judge_rounds, retrieval_alone, useful
from recpipe.rank.ranker import train_ranker
from recpipe.rank.table import Table, make_table
from recpipe.rank.windows import rehearsal, window

TUNED: dict[str, tuple[str, dict[str, Any]]] = {
    "exclude": ("ridge", {"counts": "log", "l2": 1000.0, "prior_half_life": 14}),
    "allow": ("EASE", {"counts": "log decayed", "half_life": 90, "l2": 10.0, "prior_half_life": 5}),
}
PRIOR = {"prior": "plus", "prior_weight": 0.02}
"""With TUNED the best peer on Complete Journey by way of asking."""

ABLATIONS = {
    "without the tower": ("tower_",),
    "without own history": ("own_", "repeats_", "pair_"),
    "without item popularity": ("item_", "popular_"),
    "without generators' scores and ranks": tuple(f"{name}_" for name in rank.RankParams().generators),
}
"""Name -> how the features begin that the trees do not get; candidates stay."""


@contextmanager
def timed(part: str, costs: list[str]) -> Iterator[None]:
    """Note what a part costs: CPU-seconds, and the process's peak memory after it."""
    began = time.process_time()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    costs.append(f"| {part} | {time.process_time() - began:.1f} | {peak:,.0f} |")
    print(costs[-1], file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit code."""
    options = _parser().parse_args(arguments)
    workspace, params = Workspace.open(options.workspace), rank.RankParams(seen=options.seen)
    snapshot = Snapshot.open(workspace)
    costs: list[str] = []
    with timed("load", costs):
        recommender = rank.load(
            workspace, base_of(workspace, workspace.models.resolve(options.model, "newest"))
        )
    test = held_out(workspace, snapshot.name, EvaluateParams(seen=options.seen))
    with timed("retrieval alone: the test", costs):
        alone = score(recommender, test).ndcg
    with timed("best peer: fit, test", costs):
        name, setting = json.loads(options.peer) if options.peer else TUNED[options.seen]
        setting = PRIOR | setting
        known = known_before(snapshot, "test")
        peer = with_prior(peers_of(snapshot.manifest["split"]["kind"], options.seen)[name], setting)
        best = judge(peer.fit(known, setting), test_exam(test, known)).ndcg
    seen, names = options.seen == "exclude", useful(params, recommender)
    past = as_of_validation(recommender, snapshot)
    others = [each for each in names if each not in ("tower", "repeats")]
    with timed("rehearsal: generators, candidates, features", costs):
        asked = rehearsal(snapshot, excludes_seen=seen, most=params.max_users)
        practice = make_table(asked, past, snapshot, others, params.candidates)
    with timed("validation: the same", costs):
        asked = window(snapshot, "validation", excludes_seen=seen, most=params.max_users)
        learned = make_table(asked, past, snapshot, names, params.candidates)
        alone_before = retrieval_alone(past, snapshot, asked)
    with timed("test: the same", costs):
        asked = window(snapshot, "test", excludes_seen=seen, most=sys.maxsize)
        tested = make_table(asked, recommender, snapshot, names, params.candidates)
    # who has no history gets the popular list, ranked or not
    has_history = np.concatenate([each.histories.lengths > 0 for each in test.questions()])
    lines, ranked, promised = [], [], []
    for seed in options.seeds:
        chosen = params.model_copy(update={"seed": seed * 100})
        with timed(f"seed {seed}: rehearse, train {params.seeds} rankers, score", costs):
            rounds = _rounds(practice, learned, chosen)
            trees = train_ranker([learned, practice], learned.names, chosen, rounds, chosen.seeds)
            ranked.append(alone.copy())
            ranked[-1][has_history] = tested.ndcg(trees.scores(tested.features, tested.names))
        lines.append(_line(f"ranked, seed {seed} ({rounds} rounds)", ranked[-1], best, alone))
        with timed(f"seed {seed}: judge by folds", costs):
            judged = cross_fitted([learned, practice], chosen, rounds)
        promised.append(f"seed {seed}: {difference_interval(judged, alone_before)}")
    mean = np.mean(ranked, axis=0)
    lines = [_line(name, best, best, alone), _line("retrieval alone", alone, best, alone), *lines]
    lines.append(_line("ranked, mean of the seeds", mean, best, alone))
    for told, starts in ABLATIONS.items() if options.ablations else ():
        kept = [each for each in learned.names if not each.startswith(starts)]
        trees = train_ranker([learned, practice], kept, params, rounds, params.seeds)
        found = alone.copy()
        found[has_history] = tested.ndcg(trees.scores(tested.columns(kept), kept))
        lines.append(_line(told, found, best, alone))
        print(lines[-1], file=sys.stderr, flush=True)
    lines += ["", f"{PROMISED} {'; '.join(promised)}"]
    print("\n".join([HEAD, *lines, "", RECALL, *_recalls(tested, names), "", COSTS, *costs]))
    return 0


HEAD = "| lists | NDCG@10 | × best peer | ahead of it | ahead of retrieval alone |\n|---|---|---|---|---|"
RECALL = "| candidates | recall@100 | recall@200 |\n|---|---|---|"
PROMISED = "Ahead of retrieval alone on the validation part, by which `auto` decides:"
COSTS = "| part | CPU s | peak MiB by then |\n|---|---|---|"


def _line(name: str, ndcg: np.ndarray, best: np.ndarray, alone: np.ndarray) -> str:
    apart = " | ".join(str(difference_interval(ndcg, other)) for other in (best, alone))
    return f"| {name} | {ndcg.mean():.4f} | {ndcg.mean() / best.mean():.3f} | {apart} |"


def _recalls(table: Table, names: Sequence[str]) -> Iterator[str]:
    for name in [*names, "union"]:
        yield f"| {name} | {table.recall[f'{name}@100']:.4f} | {table.recall[f'{name}@200']:.4f} |"


def _rounds(practice: Table, learned: Table, params: rank.RankParams) -> int:
    """As `rank.fit` chooses them."""
    rehearsed = train_ranker([practice], practice.names, params, params.rounds, 1)
    return judge_rounds(rehearsed, learned, params.rounds)[0]


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    made.add_argument("--workspace", required=True, help="with a snapshot and a trained model")
    made.add_argument("--model", default="", help="the retrieval; empty: the newest version")
    made.add_argument("--seen", choices=("exclude", "allow"), default="exclude", help="items had before")
    made.add_argument("--seeds", type=lambda text: [int(one) for one in text.split(",")], default=[1, 2])
    made.add_argument("--peer", default="", help='the best peer, ["name", {setting with its prior}]')
    made.add_argument("--ablations", action="store_true", help="leave groups of features out, too")
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How good the model is, and what the gate decided."""

from collections.abc import Iterator

from recpipe.core.sections import Block, Link, Picture
from recpipe.core.tables import Table
from recpipe.run.report import plots
from recpipe.run.report.facts import Facts
from recpipe.run.report.words import told, with_bounds

FIRST = ("challenger", "retrieval", "champion", "popularity")
"""Contestants that are told first; the others follow by name."""

METRICS = {"ndcg": "NDCG", "recall": "recall", "mrr": "MRR", "hit_rate": "hit rate"}


def training(facts: Facts) -> Iterator[Block]:
    """Why training ended, and its curves."""
    figures = facts.figures("train").get("model", {})
    if "ended" in figures:
        best = f", best after epoch {figures['best_epoch']}" if "best_epoch" in figures else ""
        yield f"Ended by: {figures['ended']}{best}."
    if facts.curve and figures:
        yield Picture.of("Loss and validation NDCG@10 by epoch", plots.curves(facts.curve))


def second_stage(facts: Facts) -> Iterator[Block]:
    """Whether validation said that ranking candidates anew pays."""
    figures = facts.figures("rank")
    if "kept" in figures:
        yield "Kept: a second stage ranks the candidates." if figures["kept"] else "None is kept."
    if gain := figures.get("gain"):
        before = told(figures["retrieval_ndcg"])
        yield f"On the validation part it adds {with_bounds(gain)} to an NDCG of {before}."


def bench_card(facts: Facts) -> Iterator[Block]:
    """Everyone on one test, with intervals; in a plot, too."""
    table = bench_table(facts)
    if not table.rows:
        return
    bench = facts.measured["bench"]
    yield f"All on the same test, {bench['users']:,} users, with 95 % intervals (bootstrap over the users)."
    yield table
    name = f"{METRICS[bench['metric']]}@{bench['k']}"
    by_name = {row[0]: bench["accuracy"][row[0]][f"{bench['metric']}@{bench['k']}"] for row in table.rows}
    yield Picture.of(f"{name} of the test, with 95 % intervals", plots.accuracy(by_name, name))
    yield [f"Not fitted: {reason}." for reason in bench.get("left_out", ())]
    pages = [("The whole bench card", facts.figures("evaluate").get("page")), ("The model card", facts.card)]
    yield [Link(text, str(path)) for text, path in pages if path]


def bench_table(facts: Facts) -> Table:
    """A row a contestant, a column a metric."""
    bench = facts.measured.get("bench", {})
    k, accuracy = bench.get("k", 0), bench.get("accuracy", {})
    order = [name for name in FIRST if name in accuracy]
    order += [name for name in accuracy if name not in FIRST]
    rows = [
        [
            who,
            *(with_bounds(accuracy[who][f"{metric}@{k}"]) for metric in METRICS),
            str(bench["versions"].get(who, "")),
        ]
        for who in order
    ]
    return Table(("contestant", *(f"{name}@{k}" for name in METRICS.values()), "version or setting"), rows)


def gate(facts: Facts) -> Iterator[Block]:
    """The decision in a sentence, then rule by rule."""
    figures = facts.figures("evaluate")
    if "decision" in figures:
        yield str(figures["decision"])
    table = gate_table(facts)
    if table.rows:
        yield table
    ids = next((result.ids for result in facts.results if result.stage == "evaluate"), {})
    if ids.get("refitted", ids.get("champion")) != ids.get("champion"):
        yield f"Lists are made by {ids['refitted']}: the champion trained once more, on everything up to now."


def gate_table(facts: Facts) -> Table:
    """A row a rule."""
    rules = facts.figures("evaluate").get("rules", ())
    rows = [(rule["rule"], "kept" if rule["passed"] else "broken", told(rule["why"])) for rule in rules]
    return Table(("rule", "state", "the challenger"), rows)

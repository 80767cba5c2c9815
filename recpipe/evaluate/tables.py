"""The tables of a bench card."""

from collections.abc import Iterator

from recpipe.core.bootstrap import Interval
from recpipe.core.tables import Table
from recpipe.evaluate.bench import Bench
from recpipe.evaluate.beyond import Told
from recpipe.evaluate.measures import METRICS
from recpipe.evaluate.segments import Segment

NAMES = {"ndcg": "NDCG", "recall": "recall", "mrr": "MRR", "hit_rate": "hit rate"}
"""How a metric is called."""


def accuracy(bench: Bench) -> Table:
    """Every metric at the length of the lists that are scored, with 95 % intervals."""
    head = ("", *(f"{NAMES[metric]}@{bench.k}" for metric in METRICS), "version or setting")
    rows = [
        (name, *(_told(told[f"{metric}@{bench.k}"]) for metric in METRICS), bench.versions[name])
        for name, told in bench.accuracy.items()
    ]
    return Table(head, rows)


def by_cutoff(bench: Bench) -> Table:
    """Every metric at every length, with 95 % intervals."""
    lengths = sorted({int(name.partition("@")[2]) for name in next(iter(bench.accuracy.values()))})
    rows = [
        (f"{NAMES[metric]}, {name}", *(_told(told[f"{metric}@{k}"]) for k in lengths))
        for metric in METRICS
        for name, told in bench.accuracy.items()
    ]
    return Table(("", *(f"k = {k}" for k in lengths)), rows)


def beyond_accuracy(bench: Bench) -> Table:
    """What lists are like beside being right, a column a contestant."""
    names = list(bench.beyond)
    figures = list(bench.beyond[names[0]])
    rows = [(figure, *(_told(bench.beyond[name][figure]) for name in names)) for figure in figures]
    return Table(("", *names), rows)


def by_segment(bench: Bench) -> Table:
    """The metric in each group, a pair of columns a role: the mean, and how far it is from the rest's."""
    roles = list(bench.segments)
    head = ("group", "", "users", *(title for role in roles for title in (role, f"{role}: gap to the rest")))
    sides = zip(*bench.segments.values(), strict=True)
    rows = [
        (each[0].kind, each[0].name, f"{each[0].users:,}", *(cell for one in each for cell in _cells(one)))
        for each in sides
    ]
    return Table(head, rows)


def by_shortcut(bench: Bench) -> Table:
    """What each shortcut would have shown, beside what is true."""
    head = (
        "shortcut",
        "model",
        "users",
        f"NDCG@{bench.k} it shows",
        "full ranking, held out",
        "what was done",
    )
    rows = [
        (one.name, one.model, f"{one.users:,}", _told(one.ndcg), _told(one.honest), one.how)
        for one in bench.shortcuts
    ]
    return Table(head, rows)


def _cells(segment: Segment) -> Iterator[str]:
    yield _told(segment.mean)
    yield "" if segment.gap is None else _signed(segment.gap)


def _told(value: Told) -> str:
    if value is None:
        return "nobody to ask"
    return str(value) if isinstance(value, Interval) else f"{value:.4f}"


def _signed(gap: Interval) -> str:
    return f"{gap.estimate:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]"

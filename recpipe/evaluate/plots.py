"""The plots of a bench card, as matplotlib figures for notebook and page alike."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from recpipe.core.bootstrap import Interval
from recpipe.evaluate.bench import Bench
from recpipe.evaluate.roles import CHALLENGER, POPULARITY
from recpipe.evaluate.tables import NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCENT, GREY, WARNING = "#2166ac", "#8c8c8c", "#b35806"
COLOURS = (ACCENT, "#404040", WARNING, "#1b7837", "#762a83", "#c51b7d")


def plots(bench: Bench) -> dict[str, "Figure"]:
    """Return all plots by their titles; those that have nothing to show are left out."""
    return dict(_plots(bench))


def _plots(bench: Bench) -> Iterator[tuple[str, "Figure"]]:
    name = NAMES[bench.metric]
    yield f"{name}@{bench.k}, mean over {bench.users:,} users with 95 % intervals", _accuracy(bench)
    yield f"{name} by the length of the list", _by_cutoff(bench)
    if bench.segments[CHALLENGER]:
        yield f"{name}@{bench.k} by segment, challenger and popularity", _segments(bench)
    yield "How many items the lists are made of", _exposure(bench)
    if bench.shortcuts:
        yield "What shortcuts would have shown", _shortcuts(bench)


def _axes(height: float) -> tuple["Figure", "Axes"]:
    # not through pyplot: figures there are global, and stay open
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _accuracy(bench: Bench) -> "Figure":
    told = {who: one[f"{bench.metric}@{bench.k}"] for who, one in bench.accuracy.items()}
    figure, axes = _axes(0.8 + 0.35 * len(told))
    colours = [ACCENT if who == CHALLENGER else GREY for who in told]
    axes.barh(list(told), [one.estimate for one in told.values()], color=colours, height=0.6)
    for at, one in enumerate(told.values()):
        axes.errorbar(one.estimate, at, xerr=_bars(one), color="black", capsize=3, linewidth=1)
    axes.invert_yaxis()
    axes.set_xlabel(f"{NAMES[bench.metric]}@{bench.k}, 0 to 1, more is better")
    return figure


def _by_cutoff(bench: Bench) -> "Figure":
    figure, axes = _axes(3.2)
    for (who, told), colour in zip(bench.accuracy.items(), COLOURS * len(bench.accuracy), strict=False):
        own = {
            int(name.partition("@")[2]): one for name, one in told.items() if name.startswith(bench.metric)
        }
        lengths = sorted(own)
        axes.plot(lengths, [own[k].estimate for k in lengths], marker="o", label=who, color=colour)
        if who == CHALLENGER:
            low, high = ([getattr(own[k], side) for k in lengths] for side in ("low", "high"))
            axes.fill_between(lengths, low, high, color=colour, alpha=0.15)
    axes.set_xscale("log")
    axes.set_xticks(lengths, [str(k) for k in lengths])
    axes.minorticks_off()
    axes.set_xlabel("length of the list")
    axes.set_ylabel(NAMES[bench.metric])
    axes.legend(frameon=False)
    return figure


def _segments(bench: Bench) -> "Figure":
    own, others = bench.segments[CHALLENGER], bench.segments[POPULARITY]
    figure, axes = _axes(0.9 + 0.24 * len(own))
    for at, (one, other) in enumerate(zip(own, others, strict=True)):
        axes.errorbar(one.mean.estimate, at, xerr=_bars(one.mean), fmt="o", color=ACCENT, markersize=4)
        axes.plot(other.mean.estimate, at, marker="|", color="black", markersize=9)
    axes.set_yticks(range(len(own)), [f"{one.kind}: {one.name} ({one.users:,})" for one in own], fontsize=8)
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(f"{NAMES[bench.metric]}@{bench.k}; dots: challenger with interval, strokes: popularity")
    return figure


def _exposure(bench: Bench) -> "Figure":
    """Draw the share of all places that the items shown most have, beside what users took."""
    figure, axes = _axes(3.2)
    drawn = {**bench.shown, "what users took": bench.wanted}
    for (who, counts), colour in zip(drawn.items(), COLOURS * len(drawn), strict=False):
        descending = np.sort(counts)[::-1]
        share = np.cumsum(descending) / max(1, descending.sum())
        places = np.unique(np.geomspace(1, len(share), 200).astype(int))
        dashed = "--" if who == "what users took" else "-"
        axes.plot(places / len(share), share[places - 1], label=who, color=colour, linestyle=dashed)
    axes.set_xscale("log")
    axes.set_xlabel("share of the items, those shown most first")
    axes.set_ylabel("share of all places")
    axes.legend(frameon=False)
    return figure


def _shortcuts(bench: Bench) -> "Figure":
    figure, axes = _axes(0.9 + 0.55 * len(bench.shortcuts))
    for at, one in enumerate(bench.shortcuts):
        axes.barh(at - 0.18, one.ndcg.estimate, height=0.34, color=WARNING)
        axes.barh(at + 0.18, one.honest.estimate, height=0.34, color=ACCENT)
    axes.legend(["with the shortcut", "full ranking, held out"], frameon=False)
    axes.set_yticks(range(len(bench.shortcuts)), [one.name for one in bench.shortcuts])
    axes.invert_yaxis()
    axes.set_xlabel(f"NDCG@{bench.k}")
    return figure


def _bars(one: Interval) -> list[list[float]]:
    """Return how far an interval reaches to both sides; nothing where it has no bounds."""
    sides = np.array([one.estimate - one.low, one.high - one.estimate])
    return [[side] for side in np.where(np.isfinite(sides), np.maximum(sides, 0), 0).tolist()]

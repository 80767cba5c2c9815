"""The plots of a report: titled outside, told apart by place, marker or shade, never by colour alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCENT, GREY = "#2166ac", "#b8b8b8"
CHALLENGER = "challenger"


def curves(curve: Sequence[Mapping[str, Any]]) -> "Figure":
    """Draw loss and validation NDCG@10 side by side, a point an epoch; an epoch may lack one of them."""
    figure = _figure(8, 2.8)
    for place, (name, title) in enumerate(
        {"loss": "loss of the batches", "ndcg": "validation NDCG@10"}.items()
    ):
        axes = _plain(figure.add_subplot(1, 2, place + 1))
        points = [(row["epoch"], row[name]) for row in curve if row.get(name) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), color=ACCENT, marker="o")
            axes.set_xticks([epoch for epoch, _ in points][:: max(1, len(points) // 10)])
        axes.set(xlabel="epoch", title=title)
    return figure


def accuracy(by_name: Mapping[str, Mapping[str, Any]], metric: str) -> "Figure":
    """Draw each contestant's mean as a bar with its interval; the challenger's is dark."""
    figure = _figure(8, 0.9 + 0.35 * len(by_name))
    axes = _plain(figure.add_subplot())
    for place, (who, told) in enumerate(by_name.items()):
        axes.barh(place, told["estimate"], height=0.6, color=ACCENT if who == CHALLENGER else GREY)
        if told["low"] is not None and told["high"] is not None:
            axes.plot([told["low"], told["high"]], [place, place], color="black", linewidth=1, marker="|")
    axes.set_yticks(range(len(by_name)), list(by_name))
    axes.invert_yaxis()
    axes.set_xlabel(f"{metric}, 0 to 1, more is better")
    return figure


def mix(rows: Sequence[Mapping[str, Any]]) -> "Figure":
    """Draw each category's share of the lists' places above its share of all events."""
    figure = _figure(8, 0.9 + 0.4 * len(rows))
    axes = _plain(figure.add_subplot())
    for offset, (name, title, colour, hatch) in zip(
        (-0.2, 0.2),
        (("lists", "of the lists' places", ACCENT, ""), ("events", "of all events", GREY, "//")),
        strict=True,
    ):
        places = [place + offset for place in range(len(rows))]
        shares = [100 * row[name] for row in rows]
        axes.barh(places, shares, height=0.38, color=colour, hatch=hatch, edgecolor="white", label=title)
    axes.set_yticks(range(len(rows)), [str(row["category"]) for row in rows])
    axes.invert_yaxis()
    axes.set_xlabel("share in %")
    axes.legend(frameon=False)
    return figure


def _figure(width: float, height: float) -> "Figure":
    # not through pyplot: figures there are global, and stay open
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _plain(axes: "Axes") -> "Axes":
    axes.spines[["top", "right"]].set_visible(False)
    return axes

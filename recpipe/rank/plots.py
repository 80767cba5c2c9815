"""What the trees read, as a picture."""

from typing import TYPE_CHECKING

from recpipe.rank.fit import Fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = 20


def importances(fitted: Fitted) -> "Axes":
    """Plot the share of the gain of all splits of the most important features."""
    import pandas as pd

    shares = pd.Series(fitted.ranker.importances()).head(SHOWN)[::-1]
    return shares.plot.barh(title="What the order is made of", xlabel="share of the gain", figsize=(8, 5))

"""What a peer is, and what it may know.

Matrices are users × items; column j is the item of index j + 1, since a snapshot's index 0 is unknown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from recpipe.core.known import Known

Value = float | int | str
Setting = Mapping[str, Value]
"""What can be chosen about a peer: name -> value."""

Score = Callable[[np.ndarray], np.ndarray]
"""Row numbers of u users -> scores of all items, (u, items) float32, not to be written to."""

Fit = Callable[[Known, Setting], Score]


@dataclass(frozen=True)
class Peer:
    """A method to compare with, and where its best setting is looked for.

    starts: settings the search begins from, each a guess of its own. axes: name -> the values it may take;
    numbers ascend and are climbed step by step, names are all tried. An axis is searched only where the
    start has it. repeats: whether it says something about items the user had before and nothing else.
    """

    name: str
    fit: Fit
    starts: tuple[Setting, ...] = ({},)
    axes: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    repeats: bool = False

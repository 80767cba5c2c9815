"""The stage `evaluate`: score models on the same held-out test, and decide which one is champion.

>>> from recpipe.evaluate import EvaluateParams
>>> EvaluateParams().k
10
"""

from recpipe.evaluate import tables
from recpipe.evaluate.bench import Bench, bench
from recpipe.evaluate.card import write_card, write_page
from recpipe.evaluate.gate import Decision, decide, figures, promote
from recpipe.evaluate.groups import history_groups, user_groups
from recpipe.evaluate.params import EvaluateParams
from recpipe.evaluate.plots import plots
from recpipe.evaluate.questions import HeldOut, held_out
from recpipe.evaluate.roles import contestants
from recpipe.evaluate.rules import Rule
from recpipe.evaluate.scores import Scores, by_group, compare, differences, score
from recpipe.evaluate.smoke import smoke_test

__all__ = [
    "Bench",
    "Decision",
    "EvaluateParams",
    "HeldOut",
    "Rule",
    "Scores",
    "bench",
    "by_group",
    "compare",
    "contestants",
    "decide",
    "differences",
    "figures",
    "held_out",
    "history_groups",
    "plots",
    "promote",
    "score",
    "smoke_test",
    "tables",
    "user_groups",
    "write_card",
    "write_page",
]

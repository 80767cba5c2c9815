"""The report of a run: what came in and was refused, how good the model is, what was decided, who gets what.

It is made of what the stages left: their figures, their checks, the model's metrics. Nothing heavy is loaded.
"""

from recpipe.run.report.facts import Facts, read_facts
from recpipe.run.report.report import Report, make_report, write_report

__all__ = ["Facts", "Report", "make_report", "read_facts", "write_report"]

"""Stages of one's own: a notebook and a row in the parameters file, run between the others.

What such a stage reads and hands on stands in its notebook: ids that its parameters cell names, and those
that its `recpipe.stage_result` gives.
"""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, RootModel

from recpipe.core.errors import ParameterError, StageError
from recpipe.run.contract import calls, check_contract, outputs_of, parameters_of
from recpipe.run.stages import COMMON, IDS, STAGES, StageRow

OWN_WINGS = tuple(dict.fromkeys(wing for row in STAGES.values() for wing in row.wings))
"""A notebook of one's own may use any wing: its result is of the code of all."""


class OwnStage(BaseModel):
    """A row of `[[stages]]`, with the table of its parameters."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)
    """What the stage is called: small letters, digits and underscores."""

    notebook: str
    """Its notebook."""

    after: str = ""
    """The stage that it follows."""

    before: str = ""
    """The stage that it precedes; one of the two."""

    parameters: dict[str, Any] = {}
    """Values in the place of the defaults of its parameters cell."""


class OwnParams(RootModel[dict[str, Any]]):
    """The parameters of a stage of one's own, by name."""


def in_order(stages: Sequence[str], own: Sequence[OwnStage]) -> tuple[str, ...]:
    """Return the names of `stages` with those of `own` in their places.

    Raises ParameterError for a name that is taken, or a place that does not exist.
    """
    names = list(stages)
    for stage in own:
        where = stage.after or stage.before
        if bool(stage.after) == bool(stage.before):
            raise ParameterError(
                f"stages, {stage.name}: has {'both' if where else 'none of'} after and before",
                'Say where it runs, e.g. after = "recommend".',
            )
        if stage.name in names or stage.name in STAGES:
            raise ParameterError(f"stages, {stage.name}: there is such a stage already", "Call it otherwise.")
        if where not in names:
            raise ParameterError(
                f"stages, {stage.name}: there is no stage {where!r}", f"Choose one of: {', '.join(names)}."
            )
        names.insert(names.index(where) + bool(stage.after), stage.name)
    return tuple(names)


def own_row(stage: OwnStage) -> StageRow:
    """Return the row of a stage of one's own, as its notebook tells it.

    Raises ParameterError for a parameter that its cell does not have or has with another type, and
    StageError for a notebook that does not keep its contract.
    """
    notebook = Path(stage.notebook)
    cell = parameters_of(notebook)
    _check_common(notebook, cell)
    _check_values(stage, cell)
    results = [outputs_of(call) for _, call in calls(notebook, "stage_result")]
    writes = next(iter(results), None) or ()
    unknown = sorted(set(writes) - set(IDS))
    if unknown:
        raise StageError(
            f"{notebook}: stage_result gives {', '.join(unknown)}", f"Hand on {', '.join(IDS)}, or nothing."
        )
    reads = tuple(name for name in IDS if name in cell)
    row = StageRow(stage.name, str(notebook), reads, tuple(writes), OWN_WINGS)
    check_contract(notebook, row, cell)
    return row


def _check_common(notebook: Path, cell: Mapping[str, ast.expr]) -> None:
    missing = [name for name in COMMON if name not in cell]
    if missing:
        raise ParameterError(
            f"{notebook}: the parameters cell lacks {', '.join(missing)}",
            'Add workspace = "" and run_folder = "" to it.',
        )


def _check_values(stage: OwnStage, cell: Mapping[str, ast.expr]) -> None:
    known = sorted(set(cell) - {*COMMON, *IDS})
    for name, value in stage.parameters.items():
        where = f"{stage.name}.{name}"
        if name not in known:
            raise ParameterError(
                f"{where}: no such parameter in {stage.notebook}", f"Known are: {', '.join(known) or 'none'}."
            )
        default = _literal(cell[name])
        if default is not None and not _is_like(value, default):
            raise ParameterError(
                f"{where}: {type(default).__name__} is wanted, as its default {default!r} is (got {value!r})"
            )


def _is_like(value: object, default: object) -> bool:
    """Whether a value is of its default's type; a whole number may stand for any number."""
    if isinstance(value, bool) or isinstance(default, bool):
        return type(value) is type(default)
    return isinstance(value, int | float if isinstance(default, float) else type(default))


def _literal(value: ast.expr) -> object:
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None  # an expression: only running it tells

"""What a notebook owes its stage, read from its cells before any kernel starts.

A parameters cell with exactly the declared names; `recpipe.open_stage` with the stage's name; and
`recpipe.stage_result` with the ids that `STAGES` promises. Cells have the numbers that JupyterLab gives them.
"""

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from recpipe.core.errors import ParameterError, StageError
from recpipe.run.stages import StageRow

PARAMETERS = "parameters"
"""The tag of the cell that holds the defaults."""

_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class CodeCell:
    """A cell with code; `number` counts from 1. `tree` is None where it is not plain Python."""

    number: int
    tags: Collection[str]
    tree: ast.Module | None


def code_cells(notebook: Path) -> list[CodeCell]:
    """Read the cells with code. Raises StageError where there is no notebook, or none that can be read."""
    import nbformat  # here, as the command line imports this file for its options
    from nbformat.reader import NotJSONError

    if not notebook.is_file():
        raise StageError(f"{notebook}: no such notebook", "Restore it, or install recpipe again.")
    try:
        cells = nbformat.read(notebook, as_version=4).cells
    except (NotJSONError, nbformat.ValidationError) as error:
        raise StageError(f"{notebook}: no notebook ({str(error).splitlines()[0]})", "Restore it.") from None
    code = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    return [
        CodeCell(number, cell.metadata.get("tags", ()), _tree(cell.source))
        for number, cell in enumerate(code, start=1)
    ]


def parameters_of(notebook: Path) -> dict[str, ast.expr]:
    """Return the names that the parameters cell sets, with their defaults as written.

    Raises ParameterError if there is no such cell, or it is not Python.
    """
    cell = next((cell for cell in code_cells(notebook) if PARAMETERS in cell.tags), None)
    if cell is None:
        raise ParameterError(
            f"{notebook}: no parameters cell",
            'Tag the cell that holds the defaults with "parameters" (in JupyterLab: property inspector).',
        )
    if cell.tree is None:
        raise ParameterError(
            f"{notebook}, cell {cell.number}: the parameters cell is not Python", "Mend its syntax."
        )
    return dict(_assigned(cell.tree))


def check_parameters(notebook: Path, names: Collection[str]) -> None:
    """Raise ParameterError unless the notebook's parameters cell has exactly `names`."""
    found = set(parameters_of(notebook))
    missing, unknown = sorted(set(names) - found), sorted(found - set(names))
    if missing or unknown:
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [
            f"has unknown {', '.join(unknown)}"
        ] * bool(unknown)
        number = next(cell.number for cell in code_cells(notebook) if PARAMETERS in cell.tags)
        raise ParameterError(
            f"{notebook}, cell {number}: the parameters cell {' and '.join(parts)}",
            "Names there must be those of `recpipe params`, with workspace, run_folder and the ids it reads.",
        )


def check_contract(notebook: Path, row: StageRow, names: Collection[str]) -> None:
    """Raise ParameterError or StageError unless the notebook owes nothing; `names` are its parameters."""
    check_parameters(notebook, names)
    opened = list(calls(notebook, "open_stage"))
    if not opened:
        raise StageError(
            f"{notebook}: no cell opens the stage",
            f"Call `stage = recpipe.open_stage({row.name!r}, globals())` behind the parameters cell.",
        )
    for number, call in opened:
        name = call.args[0] if call.args else None
        if isinstance(name, ast.Constant) and name.value != row.name:
            raise StageError(
                f"{notebook}, cell {number}: opens the stage {name.value!r}, and runs as {row.name!r}",
                f"Call recpipe.open_stage({row.name!r}, globals()).",
            )
    results = list(calls(notebook, "stage_result"))
    if not results:
        raise StageError(f"{notebook}: no cell writes a result", f"Call {_promised(row)} in its last cell.")
    for number, call in results:
        given = outputs_of(call)
        if given is not None and set(given) != set(row.writes):
            raise StageError(
                f"{notebook}, cell {number}: stage_result gives {', '.join(given) or 'no id'}; "
                f"{row.name} promises {', '.join(row.writes)}",
                f"Call {_promised(row)}.",
            )


def calls(notebook: Path, function: str) -> Iterator[tuple[int, ast.Call]]:
    """Yield the calls of `function`, as `recpipe.<function>` or by its name, each with its cell's number."""
    for cell in code_cells(notebook):
        for node in ast.walk(cell.tree) if cell.tree else ():
            if isinstance(node, ast.Call) and _called(node) == function:
                yield cell.number, node


def outputs_of(call: ast.Call) -> list[str] | None:
    """Return the ids that a call of stage_result hands on; None where only running it tells (`**ids`)."""
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else [name for name in names if name and name != "figures"]


def _promised(row: StageRow) -> str:
    ids = "".join(f", {name}={name}" for name in row.writes)
    return f"recpipe.stage_result(stage{ids}, figures={{…}})"


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        yield from ((target.id, value) for target in targets if isinstance(target, ast.Name) and value)


def _tree(source: str) -> ast.Module | None:
    """Parse a cell, lines for IPython alone left out."""
    try:
        return ast.parse(_MAGIC.sub(r"\1pass", source))
    except SyntaxError:
        return None

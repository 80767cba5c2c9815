"""Turning what pydantic and argparse say into one clear message."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from recpipe.core.addresses import without_passwords
from recpipe.core.errors import ParameterError
from recpipe.core.validation import wrong_values
from recpipe.params import PipelineParams

_LIST = "`recpipe params` lists all parameters."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint with the known name nearest to `name`, or all of them if none is near."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(names)}."


def explain_validation(
    error: ValidationError, model: type[BaseModel], place: Callable[[tuple[str, ...], Any], str]
) -> ParameterError:
    """Make one error of pydantic's: every value that is wrong, where it was given, and what is allowed.

    `place(location, value)` says where a value came from.
    """
    errors = wrong_values(error)
    is_parameter = any(found["loc"][0] in PipelineParams.model_fields for found in errors if found["loc"])
    lines, hint = [], _LIST if is_parameter else "Add --help for the options."
    for found in errors:
        location = tuple(str(part) for part in found["loc"])
        where = place(location, found.get("input"))
        if found["type"] == "extra_forbidden":
            lines.append(f"{where}: no such parameter")
            hint = f"{did_you_mean(location[-1], _fields_at(model, location[:-1]))} {hint}"
        elif found["type"] == "missing":
            lines.append(f"{where}: missing")
        else:
            message = found["msg"].removeprefix("Value error, ")
            got = without_passwords(repr(found["input"]))
            lines.append(f"{where}: {message[:1].lower()}{message[1:]} (got {got})")
    return ParameterError("\n         ".join(lines), hint)


def explain_usage(message: str, options: Iterable[str]) -> ParameterError:
    """Make one error of argparse's message; `options` are those that exist."""
    message = message.removeprefix("error parsing CLI: ")
    unknown = re.match(r"unrecognized arguments: (.+)", message, re.DOTALL)
    if not unknown:
        return ParameterError(message, "Add --help for the options.")
    arguments = unknown[1].split()
    option = next((word.split("=")[0] for word in arguments if word.startswith("-")), "")
    if not option:
        return ParameterError(f"unexpected argument {arguments[0]!r}", "Add --help for the options.")
    near = difflib.get_close_matches(option, options, n=1)
    hint = f"Did you mean {near[0]}?" if near else "Add --help for the options."
    return ParameterError(f"{option}: no such option", hint)


def value_place(
    arguments: list[str], environment: Mapping[str, str]
) -> Callable[[tuple[str, ...], Any], str]:
    """Return a function that tells where a value came from: an option, a variable, or neither."""

    def place(location: tuple[str, ...], value: Any) -> str:
        del value
        if location in _POSITIONAL:
            return location[0].upper()
        name = ".".join(location)
        option = f"--{name}" if len(name) > 1 else f"-{name}"
        given = {word.split("=")[0] for word in arguments}
        if option in given or f"--{location[-1]}" in given:
            return option
        variables = ("RECPIPE_" + "__".join(location).upper(), f"RECPIPE_{location[-1].upper()}")
        return next((variable for variable in variables if variable in environment), option)

    return place


_POSITIONAL = {("stage",), ("out",), ("user",), ("version",), ("clicks",)}


def _fields_at(model: type[BaseModel], location: tuple[str, ...]) -> list[str]:
    for part in location:
        field = model.model_fields.get(part)
        if (
            field is None
            or not isinstance(field.annotation, type)
            or not issubclass(field.annotation, BaseModel)
        ):
            return []
        model = field.annotation
    return list(model.model_fields)

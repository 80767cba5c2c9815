"""Reading a command's options from the command line, the environment and the TOML file."""

import os
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import CliApp, CliSettingsSource, SettingsError

from recpipe.cli.messages import did_you_mean, explain_usage, explain_validation, value_place
from recpipe.cli.options import SHORT, Command
from recpipe.core.errors import ParameterError
from recpipe.params import PipelineParams


def parse_command(command: type[Command], name: str, arguments: list[str]) -> Command | None:
    """Return the command with its values, or None when its help was printed.

    Raises ParameterError: one message, with the nearest name for one that is misspelt.
    """
    check_environment(os.environ)
    source: CliSettingsSource[Any] = CliSettingsSource(
        command, cli_prog_name=f"recpipe {name}", cli_parse_args=None
    )
    try:
        return CliApp.run(command, cli_args=arguments, cli_settings_source=source)
    except SystemExit:  # only --help exits: cli_exit_on_error is off
        return None
    except SettingsError as error:
        if isinstance(error.__cause__, ParameterError):
            raise error.__cause__ from None
        raise explain_usage(str(error), option_names(command)) from None
    except ValidationError as error:
        raise explain_validation(error, command, value_place(arguments, os.environ)) from None


def option_names(model: type[BaseModel], prefix: str = "--") -> list[str]:
    """Return every option of a command, nested ones with their dots."""
    names = []
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            names += option_names(annotation, f"{prefix}{name}.")
        else:
            names.append(f"{prefix}{name}")
    return names + [f"--{short}" for long, short in SHORT.items() if f"--{long}" in names]


VARIABLES = [
    "WORKSPACE",
    "PARAMS",
    "PORT",
    "OPEN",
    "REPORTS_URL",
    "REPORTS_ROOT",
    "REPORTS_PORT",
    "NOTIFY_URL",
    "WATCH",
    "INTERRUPTIONS",
    *map(str.upper, SHORT.values()),
]
"""Variables without a group, without RECPIPE_: options for good, and what `up` tells its runs."""


def check_environment(variables: Iterable[str]) -> None:
    """Raise ParameterError for a RECPIPE_ variable that no command knows.

    pydantic-settings sees only the names it knows, so a misspelling would have no effect.
    """
    groups = [group.upper() for group in (*PipelineParams.model_fields, "notebooks", "schedule")]
    for variable in variables:
        group, separator, _ = variable.removeprefix("RECPIPE_").partition("__")
        if not variable.startswith("RECPIPE_"):
            continue
        if separator and group not in groups:
            raise ParameterError(f"{variable}: there is no stage {group!r}", did_you_mean(group, groups))
        if not separator and group not in VARIABLES:
            known = [f"RECPIPE_{name}" for name in VARIABLES]
            raise ParameterError(f"{variable}: there is no such variable", did_you_mean(variable, known))

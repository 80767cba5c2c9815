"""Reading a command's options from the command line, the environment and the TOML file."""

import os
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_settings import CliApp, CliSettingsSource, SettingsError

from recpipe.cli.messages import did_you_mean, explain_usage, explain_validation, value_place
from recpipe.cli.options import SHORT, PipelineOptions, WorkspaceOptions
from recpipe.core.errors import ParameterError
from recpipe.params import PipelineParams


def parse_command(
    command: type[WorkspaceOptions], name: str, arguments: list[str]
) -> WorkspaceOptions | None:
    """Return the command with its values, or None when its help was printed.

    Raises ParameterError: one message, with the nearest name for one that is misspelt.
    """
    if issubclass(command, PipelineOptions):
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


def check_environment(variables: Iterable[str]) -> None:
    """Raise ParameterError for a RECPIPE_GROUP__NAME whose group is no stage.

    pydantic-settings sees only the groups it knows, so this misspelling would have no effect.
    """
    stages = [stage.upper() for stage in PipelineParams.model_fields]
    for variable in variables:
        group, separator, _ = variable.removeprefix("RECPIPE_").partition("__")
        if variable.startswith("RECPIPE_") and separator and group not in stages:
            raise ParameterError(f"{variable}: there is no stage {group!r}", did_you_mean(group, stages))

"""What can go wrong, in a few kinds: each says what, where and what to do."""


class RecpipeError(Exception):
    """An error a user can act on.

    `message` says what went wrong and where; `hint` what to do about it. `kind` decides whether a
    task is retried, `exit_code` is what the command line returns (2 usage and data, 1 failure).
    """

    kind = "failure"
    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = message
        self.hint = hint
        super().__init__(f"{message}\nTo do: {hint}" if hint else message)


class DataError(RecpipeError):
    """The data cannot be used as they are: missing, damaged, empty, refused."""

    kind = "data"
    exit_code = 2


class CheckError(DataError):
    """A critical expectation failed; nothing downstream has seen the data."""


class ParameterError(RecpipeError):
    """A parameter is unknown, out of bounds, or contradicts another."""

    kind = "parameters"
    exit_code = 2


class BusyError(RecpipeError):
    """Somebody else holds the database or the workspace; trying again later can help."""

    kind = "busy"


class UnreachableError(RecpipeError):
    """Somebody far away does not answer, or no longer: a database, a bucket, a publisher. Try again later."""

    kind = "unreachable"


class StageError(RecpipeError):
    """A stage ended without what it promised."""


class DiskFullError(RecpipeError):
    """The disk is full. What was finished before is whole and still current."""


KINDS: dict[str, type[RecpipeError]] = {
    error.__name__: error
    for error in (
        RecpipeError,
        DataError,
        CheckError,
        ParameterError,
        BusyError,
        UnreachableError,
        StageError,
        DiskFullError,
    )
}
"""The classes by name: how an error is told again on the other side of a kernel."""

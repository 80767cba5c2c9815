"""What pydantic found wrong, one line for each wrong value."""

from typing import Any

from pydantic import ValidationError

AUTO = "literal['auto']"


def wrong_values(error: ValidationError) -> list[dict[str, Any]]:
    """Pydantic's errors, of a value that may be "auto" or a number only what is wrong with the number.

    pydantic tells a union's value apart by a last part of the location, e.g. `constrained-int`.
    """
    found = error.errors()
    unions = [each["loc"][:-1] for each in found if each["loc"] and each["loc"][-1] == AUTO]
    plain = []
    for each in found:
        if each["loc"][:-1] not in unions:
            plain.append({**each})
        elif each["loc"][-1] != AUTO:
            plain.append({**each, "loc": each["loc"][:-1], "msg": f"{each['msg']}, or auto"})
    return plain

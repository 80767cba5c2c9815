"""What must not stand in anything that a run leaves: secrets of the environment, masked wherever they would.

A secret itself never stands in parameters: an address names a variable, `${SHOP_PASSWORD}`.
"""

import html
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from recpipe.core.addresses import VARIABLE
from recpipe.core.errors import RecpipeError, StageError
from recpipe.core.files import write_bytes

MASK = "***"
SHORTEST = 6
"""Shorter values are not masked: they stand in too much that is no secret."""

_NAME = re.compile(
    r"PASSW(OR)?D|PASSPHRASE|SECRET|TOKEN(?!IZ)|CREDENTIAL|AUTH_STRING|CONNECTION_STRING|(API|ACCESS|ACCOUNT|STORAGE|PRIVATE)_?KEY",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"://[^:@/\s]*:([^@\s]+)@")
TEXTS = frozenset({".html", ".ipynb", ".json", ".log", ".md", ".txt", ".csv"})
"""Endings of the files that are masked where they lie; others are tables and weights."""


class Mask:
    """Replaces secrets, however they are written: as they are, or escaped for JSON, HTML or an address.

    >>> Mask(["p@ss word"])("postgresql://shop:p%40ss%20word@db: p@ss word")
    'postgresql://shop:***@db: ***'
    """

    def __init__(self, secrets: list[str]) -> None:
        written = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        # the longest first: one may be a part of another
        self._forms = sorted(written, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, self._forms))) if written else None

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        return self._any.sub(MASK, text) if self._any else text

    def within(self, value: Any) -> Any:
        """Return `value`, as JSON has it, without secrets in any of its texts."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {self.within(name): self.within(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.within(one) for one in value]
        return value

    def files(self, folder: Path) -> None:
        """Mask the texts that lie in `folder`, at any depth; those that hold no secret are not touched."""
        for path in sorted(folder.rglob("*")) if self._any else ():
            if path.suffix in TEXTS and path.is_file():
                before = path.read_bytes()
                after = self(before.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
                if after != before:
                    write_bytes(path, after)


def mask_for(params: Any) -> Mask:
    """Return the mask of a run with `params` (as JSON has them).

    Secret is the value of a variable that they name, that is called like a secret, or that is an address
    with a password; of that only the password.
    """
    named = set(VARIABLE.findall(json.dumps(params, default=str)))
    whole = [value for name, value in os.environ.items() if name in named or _NAME.search(name)]
    passwords = [match for value in os.environ.values() for match in _IN_ADDRESS.findall(value)]
    return Mask([*whole, *passwords])


def _forms(secret: str) -> set[str]:
    shown = {secret, repr(secret)[1:-1], quote(secret, safe="")}
    shown |= {html.escape(form, quote=quotes) for form in shown for quotes in (False, True)}
    for _ in range(2):  # twice: an executed notebook, which is JSON, may show JSON
        shown |= {json.dumps(form, ensure_ascii=ascii_)[1:-1] for form in shown for ascii_ in (False, True)}
    return shown


@contextmanager
def masked_errors(mask: Mask) -> Iterator[None]:
    """Raise what the block raises, but without secrets in its words."""
    try:
        yield
    except Exception as error:
        if mask(str(error)) == str(error):
            raise
        raise _masked(error, mask) from None


def _masked(error: Exception, mask: Mask) -> RecpipeError:
    if not isinstance(error, RecpipeError):
        return StageError(mask(f"{type(error).__name__}: {error}"))
    same = type(error)(mask(error.message), mask(error.hint))
    same.__dict__ |= {name: value for name, value in vars(error).items() if name not in vars(same)}
    return same

import json
import os
from pathlib import Path

import pytest

from recpipe.core.addresses import PASSWORD_FREE, refuse_password
from recpipe.core.errors import DataError, StageError
from recpipe.core.secrets import Mask, mask_for, masked_errors

SECRET = 'c4n4ry "é&\\ü'


@pytest.fixture
def no_others(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("os.environ", {})
    return monkeypatch


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps({"text": json.dumps(SECRET, ensure_ascii=False)}, ensure_ascii=False),
        "c4n4ry &quot;é&amp;\\ü",
        "c4n4ry%20%22%C3%A9%26%5C%C3%BC",
        repr(SECRET),
    ],
)
def test_a_secret_is_masked_however_it_is_written(written: str) -> None:
    masked = Mask([SECRET])(f"before {written} after")
    assert "c4n4ry" not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")


def test_secret_are_variables_that_parameters_name_or_that_are_called_so(
    no_others: pytest.MonkeyPatch,
) -> None:
    named = {"SHOP_DB": "by-a-parameter", "AWS_SECRET_ACCESS_KEY": "by-its-name", "HOME": "/not/a/secret"}
    no_others.setitem(os.environ, "TOKENIZERS_PARALLELISM", "/not/a/secret")
    for name, value in named.items():
        no_others.setitem(os.environ, name, value)
    mask = mask_for({"collect": {"database": "postgresql://shop:${SHOP_DB}@db/shop"}})
    assert mask(" ".join(named.values())) == "*** *** /not/a/secret"
    assert mask_for({})("by-a-parameter by-its-name") == "by-a-parameter ***"


def test_of_an_address_in_the_environment_the_password_is_secret(no_others: pytest.MonkeyPatch) -> None:
    no_others.setitem(os.environ, "BROKER", "redis://me:hidden-word@cache:6379")
    assert mask_for({})("redis://me:hidden-word@cache:6379") == "redis://me:***@cache:6379"


def test_short_values_are_not_masked_as_they_stand_in_much_that_is_no_secret() -> None:
    assert Mask(["shop", ""])("a shop") == "a shop"


def test_texts_in_a_folder_are_masked_and_tables_left_alone(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("deep/page.html", "kernel.log", "weights.npz"):
        (tmp_path / name).write_bytes(b"\xff hidden-word \n")
    Mask(["hidden-word"]).files(tmp_path)
    assert (tmp_path / "deep" / "page.html").read_bytes() == b"\xff *** \n", "whatever its encoding"
    assert (tmp_path / "kernel.log").read_bytes() == b"\xff *** \n"
    assert (tmp_path / "weights.npz").read_bytes() == b"\xff hidden-word \n"


def test_an_error_keeps_its_class_hint_and_cell_but_not_the_secret() -> None:
    with pytest.raises(DataError, match=r"^no \*\*\* here\nTo do: Ask \*\*\*\.$") as caught:
        with masked_errors(Mask(["hidden-word"])):
            error = DataError("no hidden-word here", "Ask hidden-word.")
            error.cell = 3  # type: ignore[attr-defined]
            raise error
    assert vars(caught.value)["cell"] == 3
    assert caught.value.__suppress_context__, "a traceback would tell it"


def test_an_error_of_others_that_tells_a_secret_is_told_by_us() -> None:
    with pytest.raises(StageError, match=r"^ValueError: not \*\*\*$"):
        with masked_errors(Mask(["hidden-word"])):
            raise ValueError("not hidden-word")
    with pytest.raises(ZeroDivisionError):
        with masked_errors(Mask(["hidden-word"])):
            raise ZeroDivisionError


@pytest.mark.parametrize(
    ("address", "has_password"),
    [
        ("postgresql://shop:secret@db/shop", True),
        ("postgresql://shop:pa/ss@db/shop", True),
        ("https://db/a.csv,https://me:word@db/b.csv", True),
        ("postgresql://shop:${SHOP_PASSWORD}@db/shop", False),
        ("postgresql://shop@db/shop", False),
        ("https://db:8080/folder/a@b.csv", False),
        ("s3://bucket/a:b@c.parquet", False),
        ("sqlite:////data/x:y@z.db", False),
        ("/data/a:b@c.csv", False),
        ("", False),
    ],
)
def test_a_password_in_an_address_is_refused_here_and_by_the_schema(address: str, has_password: bool) -> None:
    import re

    assert (re.search(PASSWORD_FREE, address) is None) == has_password
    if has_password:
        with pytest.raises(ValueError, match="a password stands in the address"):
            refuse_password(address, "Do this.")
    else:
        assert refuse_password(address, "Do this.") == address

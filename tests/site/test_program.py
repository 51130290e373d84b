"""The Python of the page: all of what an inspection may ask for, and not much more."""

import gzip
import io
import zipfile
from importlib.resources import files

from vanne.screening.identifiers import _IDS
from vanne.site.build import program

MODULES = {module for module, _, _ in _IDS if module}

MOST = 2_900_000
"""Bytes on the wire, so that with Pyodide the page has at most nine million."""


def test_each_number_can_be_checked() -> None:
    names = set(zipfile.ZipFile(io.BytesIO(program())).namelist())
    of_iban = {
        f"{folder.name}.iban"
        for folder in files("stdnum").iterdir()
        if (folder / "iban.py").is_file()
    }
    assert "be.iban" in of_iban and "ch.ssn" in MODULES
    for module in MODULES | of_iban | {"iban", "luhn", "verhoeff"}:
        place = f"stdnum/{module.replace('.', '/')}"
        assert {f"{place}.py", f"{place}/__init__.py"} & names, module


def test_it_is_small() -> None:
    assert len(gzip.compress(program(), 9)) < MOST

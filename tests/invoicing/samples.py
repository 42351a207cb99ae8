"""Where the official samples are: the folder of `LETTRAGE_SAMPLES`, else `../shared/data` beside the project."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2].parent / "shared" / "data"
FOLDER = Path(os.environ.get("LETTRAGE_SAMPLES", _BESIDE))
_PATTERNS = ("en16931/ubl/examples/*.[xX][mM][lL]", "fr-ctc/**/*INV_*.xml", "fr-ctc/**/*INV_*.pdf")
FILES = sorted(path for pattern in _PATTERNS for path in FOLDER.glob(pattern))
UNITS = sorted((FOLDER / "en16931" / "test").glob("*/*.xml"))

needed = pytest.mark.skipif(
    not FILES, reason="the official samples are not at hand: name their folder in LETTRAGE_SAMPLES"
)

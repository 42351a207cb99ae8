"""`invoice convert`: a file of one syntax becomes one of another and says the same."""

from pathlib import Path

import pytest

from lettrage.invoicing.formats.read import read
from tests.journeys.helpers import ROOT, run

GOLDEN = ROOT / "tests" / "golden"


@pytest.mark.parametrize("to", ["ubl", "cii", "facturx"])
def test_a_file_says_the_same_in_every_syntax(tmp_path: Path, to: str) -> None:
    file = GOLDEN / "ubl-platform" / "several_rates.xml"

    done = run("invoice", "convert", str(file), "--to", to, "--out", "made", folder=tmp_path)

    made = read((tmp_path / "made").read_bytes())
    assert (done.status, made.syntax, made.findings) == (0, to, ())
    assert made.invoice == read(file.read_bytes()).invoice


def test_nothing_is_written_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text("<Invoice/>", "utf-8")

    done = run("invoice", "convert", "bad.xml", "--out", "made", folder=tmp_path)

    assert done.status == 2
    assert "xml_root_unknown" in done.err
    assert not (tmp_path / "made").exists()

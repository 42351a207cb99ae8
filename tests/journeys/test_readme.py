"""The README's first uses, run as they stand in it."""

import re
import subprocess
import sys
from pathlib import Path

from tests.journeys.helpers import environment

ROOT = Path(__file__).parents[2]


def block(title: str) -> str:
    """The first shell block under a heading, with this checkout's examples."""
    text = (ROOT / "README.md").read_text("utf-8").split(f"## {title}\n", 1)[1]
    found = re.search(r"```sh\n(.*?)```", text, re.S)
    assert found is not None
    return found.group(1).replace("docs/examples", str(ROOT / "docs" / "examples"))


def ran(title: str, folder: Path) -> str:
    """What the block under a heading prints; no command of it fails."""
    environ = environment(folder)
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    told = subprocess.run(
        ["bash", "-m", "-c", block(title)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def test_the_first_invoice_reaches_its_customer(tmp_path: Path) -> None:
    assert "MISE_A_DISPOSITION" in ran("A first invoice to Chorus Pro", tmp_path)
    assert (tmp_path / "facture.pdf").read_bytes().startswith(b"%PDF-1.7")


def test_the_first_invoice_through_a_platform_is_received(tmp_path: Path) -> None:
    said = ran("A first invoice through an approved platform, to *encaissée*", tmp_path)

    assert "20 % 490.78 · 10 % 201.22" in said
    assert "212 Encaissée · MEN 490.78 EUR (20 %) · MEN 201.22 EUR (10 %) · pris par la plateforme" in said
    followed = re.findall(r"^F2026-118  (\S.*?)  ", said, re.M)
    assert followed[-1] == "Encaissée en partie"


def test_the_first_statement_reaches_the_fec(tmp_path: Path) -> None:
    said = ran("A first bank statement, to the FEC", tmp_path)

    assert said.count("rapproché ") == 2  # certain, and settled before anybody looked
    assert "tout est juste" in said
    (fec,) = (tmp_path / "fec").glob("*.txt")
    assert fec.name == "450219100FEC20261231.txt"
    assert "\tAA\t20261109\t" in fec.read_text("utf-8")

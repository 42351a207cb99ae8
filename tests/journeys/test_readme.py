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


def test_the_first_invoice_reaches_its_customer(tmp_path: Path) -> None:
    environ = environment(tmp_path)
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    script = block("A first invoice to Chorus Pro")

    told = subprocess.run(
        ["bash", "-m", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert "MISE_A_DISPOSITION" in told.stdout, told.stderr
    assert (tmp_path / "facture.pdf").read_bytes().startswith(b"%PDF-1.7")

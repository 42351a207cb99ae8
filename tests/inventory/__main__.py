"""Writes docs/sbom.json and docs/licences.md from the lock file: `python -m tests.inventory`."""

from tests.inventory.made import LICENCES, SBOM, licences, sbom

SBOM.write_text(sbom(), "utf-8")
LICENCES.write_text(licences(), "utf-8")

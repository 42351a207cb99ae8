"""Judging an FEC, whoever wrote it: all that the tax office's own tool looks at, and what only whole books show.

A file is read as it comes, line by line, in memory that does not grow with it: what has to be sorted goes on piles.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from lettrage.books.fec.entries import Entries
from lettrage.books.fec.fields import decimal_comma
from lettrage.books.fec.finding import Finding, Findings, Level, by_level
from lettrage.books.fec.layout import Layout, by_position, has_heading, layout_of
from lettrage.books.fec.lines import Line, LineReader, fields_of
from lettrage.books.fec.markup import XML_LAYOUT, NotXml, records
from lettrage.books.fec.name import closing_of
from lettrage.books.fec.piles import NewPile
from lettrage.books.fec.reading import Form, form_of, lines, other_separator, separator_of
from lettrage.limits import FEC_LINE_BYTES

_LONGEST_YEAR = 2_0000  # years, as a difference of dates written in eight digits
_ALLOWED = "UTF-8, ISO-8859-15, ASCII"


class Verdict(msgspec.Struct, frozen=True):
    """What became of a file. `conform`: nothing was found but alerts; `ok`: nothing at all."""

    name: str
    encoding: str
    separator: str
    lines: int
    entries: int
    debit: str
    credit: str
    findings: list[Finding]
    levels: dict[Level, int]
    conform: bool

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def shape(self) -> dict[str, object]:
        """As commands and the API give it."""
        return {
            "ok": self.ok,
            "conform": self.conform,
            "findings": [finding.shape for finding in self.findings],
            "levels": dict(self.levels),
            "file": {
                "name": self.name,
                "encoding": self.encoding,
                "separator": self.separator,
                "lines": self.lines,
                "entries": self.entries,
                "debit": self.debit,
                "credit": self.credit,
            },
        }


def judge(file: BinaryIO, name: str, pile: NewPile) -> Verdict:
    """Judge a file that can be read twice. `name`: what it is called, "" where nobody knows."""
    return _Judge(name, pile).judge(file)


class _Judge:
    def __init__(self, name: str, pile: NewPile) -> None:
        self.found = Findings()
        self.entries = Entries(self.found, pile)
        self.name = name
        self.separator = ""
        self.closing, self.part = closing_of(name, self.found) if name else ("", False)

    def judge(self, file: BinaryIO) -> Verdict:
        form = form_of(file)
        if form.refused:
            self.found.add("encoding_not_allowed", 0, "", form.refused, _ALLOWED)
        if form.encoding != "utf-16":  # of which no line can be read
            for line in self._xml(file) if form.xml else self._flat(file, form):
                self._take(line)
            self.entries.judge(part=self.part)
            if not self.entries.lines and not self.found.counts:
                self.found.add("no_lines")
        return self._verdict(form)

    def _verdict(self, form: Form) -> Verdict:
        return Verdict(
            self.name,
            form.encoding,
            self.separator,
            self.entries.lines,
            self.entries.count,
            decimal_comma(self.entries.debit),
            decimal_comma(self.entries.credit),
            self.found.all(),
            by_level(self.found.counts.items()),
            self.found.conform(),
        )

    def _take(self, line: Line | None) -> None:
        if line is None:
            self.entries.lose()
            return
        self.entries.take(line)
        if self.closing and line.date:
            if line.date > self.closing:
                self.found.add("date_after_closing", line.number, "EcritureDate", line.date, self.closing)
            elif int(self.closing) - int(line.date) > _LONGEST_YEAR:
                self.found.add("date_before_year", line.number, "EcritureDate", line.date, self.closing)

    # ------------------------------------------------------------ flat files

    def _flat(self, file: BinaryIO, form: Form) -> Iterator[Line | None]:
        every = lines(file, form)
        heading = next(every, None)
        if heading is None:
            self.found.add("file_empty")
            return
        number, text = heading
        if text is None:
            self.found.add("line_too_long", number, "", "", str(FEC_LINE_BYTES))
            return
        separator = separator_of(text)
        self.separator = {"\t": "tab", "|": "pipe"}[separator]
        if other := other_separator(text):
            self.found.add("separator_not_allowed", 1, "", other, "TAB, |")
            separator = self.separator = other
        headings = text.split(separator)
        if has_heading(headings):
            yield from self._lines(every, layout_of(headings, self.found), separator)
            return
        self.found.add("heading_missing", 1)
        layout = by_position(len(headings))
        yield LineReader(layout, self.found).read(1, headings)
        yield from self._lines(every, layout, separator)

    def _lines(self, every: Iterable[tuple[int, str | None]], layout: Layout, separator: str) -> Iterator[Line | None]:
        reader = LineReader(layout, self.found)
        for number, text in every:
            if text is None:
                self.found.add("line_too_long", number, "", "", str(FEC_LINE_BYTES))
                yield None
            else:
                yield reader.read(number, text.split(separator))

    # ------------------------------------------------------------ XML

    def _xml(self, file: BinaryIO) -> Iterator[Line | None]:
        self.separator = "xml"
        reader = LineReader(XML_LAYOUT, self.found)
        try:
            for number, record, closing in records(file, self.found):
                self.closing = self.closing or closing
                yield reader.read(number, fields_of(record, XML_LAYOUT))
        except NotXml as fault:
            self.found.add("xml_malformed", fault.line, "", str(fault))

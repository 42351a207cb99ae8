"""What our own API answers of reports, as schemas."""

from lettrage.adapters.http.fields import Money, Shape


class ReportSection(Shape):
    """A part of a report: of a third party, an account, a journal. Its rows have the report's columns, and `row`."""

    code: str
    name: str
    rows: list[dict[str, str | int | None]]


class ReportProof(Shape):
    """An account by the report's details, and by the ledger: equal, or there is no report."""

    account: str
    report: Money
    ledger: Money


class Report(Shape):
    """A report. `row` of a row: line, opening, total. `head`: the hash of the last of the `entries` it knows."""

    report: str
    currency: str
    criteria: dict[str, str]
    columns: list[str]
    sections: list[ReportSection]
    totals: list[dict[str, str | int | None]]
    proof: list[ReportProof]
    entries: int
    head: str


class Nothing(Shape):
    """A content that says nothing: everything stands in the address."""

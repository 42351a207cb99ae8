"""Books spread over several machines by Citus: where each table lives, and whether it really does.

The dossier leads every key, so every table of ours is spread by it and lies beside the others: whatever is asked of a
dossier is answered by one machine, with its keys and its foreign keys enforced there. `distribution` makes it so.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from lettrage.adapters.store.sql import run
from lettrage.refusal import Refusal, StoreTrouble

_TOLD = 5  # tables named in a refusal
FIRST = "dossier"  # every other table lies beside it

# Each table, named: one that nobody has thought about fails a test. The value is the column that holds the dossier.
SPREAD: dict[str, str] = {
    FIRST: "code",  # no reference table: each writer locks his row there, which must be on one machine only
    **dict.fromkeys(
        (
            # "*", which stands for all dossiers, is a value like the others: these rows lie on one machine.
            *("account", "token", "login", "session", "audit_event"),
            # the company file
            *("third_party", "rate"),
            # entries and what is due
            *("entry", "entry_line", "invoice", "due_item"),
            # documents, transactions and what they did
            *("document", "kept_answer", "transaction", "header", "outcome", "instrument", "allocation", "vat_move"),
            *("task", "unpaid", "slip", "slip_transaction", "handled"),
            # proofs and what people type
            *("lettering", "lettering_line", "lettering_undone", "draft", "draft_line", "late_claim"),
            *("period_event", "closing", "check_run"),
            # the bank
            *("bank_file", "bank_statement", "bank_line", "bank_line_twin", "bank_match", "bank_match_line"),
            *("payment_file", "payment_file_line"),
            # invoices on their way: jobs are taken dossier by dossier
            *("chorus_setting", "chorus_queue", "chorus_structure", "connection_test", "sales_document", "flow"),
            *("deposit", "status_event", "job", "batch", "batch_line", "brought"),
            *("message", "arrival", "customer_route", "webhook_call"),
        ),
        "dossier",
    ),
}
# What stays on the coordinator, and why.
LOCAL = {"alembic_version": "one row that migrations alone write, and that the coordinator alone is asked for"}

# Codes under which Citus hands on that a worker failed, without the worker's own: of a COPY, which many rows travel by
# (multi_copy.c, ReportCopyError), and of a COMMIT (placement_connection.c, ErrorIfPostCommitFailedShardPlacements).
_OF_A_WORKER = ("XX000", "58030")


class Placed(NamedTuple):
    """A table as the cluster's catalogue has it."""

    table: str
    method: str  # h: by the hash of a column
    by_its_first_column: bool
    group: int  # tables of one group lie beside each other


def misplaced(placed: Iterable[Placed]) -> list[str]:
    """The tables that are not spread as they must be, in the order in which they are spread."""
    found = {place.table: place for place in placed}
    group = found[FIRST].group if FIRST in found else None
    return [table for table in SPREAD if not _in_place(found.get(table), group)]


def _in_place(place: Placed | None, group: int | None) -> bool:
    return place is not None and place.method == "h" and place.by_its_first_column and place.group == group


def is_cluster(connection: Connection) -> bool:
    """Whether the database is a Citus cluster."""
    return bool(run(connection, "SELECT count(*) FROM pg_extension WHERE extname = 'citus'").scalar_one())


def places(connection: Connection) -> list[Placed]:
    """Our tables as the cluster's catalogue has them."""
    sql = (
        "SELECT c.relname, p.partmethod::text, coalesce(p.partkey, '') LIKE '%:varattno 1 %', p.colocationid"
        " FROM pg_dist_partition p JOIN pg_class c ON c.oid = p.logicalrelid"
        " WHERE c.relnamespace = current_schema()::regnamespace"
    )
    rows: list[Any] = list(run(connection, sql))
    return [Placed(*row) for row in rows]


def join(engine: Engine, shown: str) -> None:
    """Know from here on whether the books of an engine are spread over a cluster.

    Raises StoreTrouble where a table that must be spread is not: on a cluster that goes unnoticed, for such a table is
    one of the coordinator's own, and everything works but on that machine alone.
    """
    with engine.connect() as connection:
        if not is_cluster(connection):
            return
        missing = misplaced(places(connection))
    if missing:
        tables = ", ".join(missing[:_TOLD]) + (" …" if len(missing) > _TOLD else "")
        raise StoreTrouble(Refusal("not_distributed", "--database", shown, tables))
    engine.update_execution_options(cluster=True)


def refused(error: DBAPIError, shown: str) -> StoreTrouble:
    """What a cluster refuses while its tables are made and spread, in its own words."""
    said = str(error.orig).partition("\n")[0]
    return StoreTrouble(Refusal("cluster_refused", "--database", shown, said))


def a_worker_failed(engine: Engine, error: DBAPIError) -> bool:
    """Whether an error on a cluster may be a worker's.

    The transaction is lost then, unless it was at its COMMIT: a coordinator has its workers commit before itself, so
    one of them may have done so.
    """
    joined = bool(engine.get_execution_options().get("cluster"))
    return joined and getattr(error.orig, "sqlstate", None) in _OF_A_WORKER

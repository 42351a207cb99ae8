"""Bulk deposits beside the service: the next invoice is checked, then let go or kept back, until none waits."""

from contextlib import AbstractContextManager
from typing import Any

from lettrage.acts import ActStore, perform
from lettrage.acts.depositing import DepositLine
from lettrage.acts.sending import SendInvoices
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.logs import warn
from lettrage.adapters.store.books import SqlStore
from lettrage.caller import Caller
from lettrage.commands.checking import checked_kept
from lettrage.commands.looking import Looking, in_a_thread
from lettrage.commands.rendering import rendered
from lettrage.invoicing.checks.checking import Way
from lettrage.invoicing.sending.batch import Due
from lettrage.invoicing.sending.parcels import ready
from lettrage.ports import Clock
from lettrage.refusal import Stop
from lettrage.settlement.answer import reason_shape

ORIGIN = "page"


class Depositor(Looking):
    """Works on the bulk deposits of every dossier, or of one, until it is stopped.

    `store`: where acts go, whose writers may share commits; `base`: the store behind it.
    """

    def __init__(
        self, base: SqlStore, store: ActStore | None = None, dossier: str = "", clock: Clock | None = None
    ) -> None:
        super().__init__()
        self.base = base
        self.store = store or base
        self.dossier = dossier
        self.clock = clock or SystemClock()

    def look(self) -> bool:
        """Work on everything that runs; whether nothing stood in the way."""
        sound = True
        try:
            dossiers = [self.dossier] if self.dossier else self.base.dossiers()
        except Stop as stop:
            warn("worker_trouble", code=stop.refusal.code)
            return False
        for dossier in dossiers:
            try:
                while not self.stop.is_set() and self.one(dossier):
                    pass
            except Stop as stop:
                warn("worker_trouble", dossier=dossier, code=stop.refusal.code)
                sound = False
            except Exception as error:
                # Our own mistake keeps no other dossier; the invoice still waits and is tried again later.
                warn("worker_failed", dossier=dossier, error=type(error).__name__)
                sound = False
        return sound

    def one(self, dossier: str) -> bool:
        """Do the next invoice of a dossier; whether there was any. Raises Stop."""
        with self.base.books(dossier, writing=False) as books:
            due = books.batch_due()
        if due is None:
            return False
        (checked,) = checked_kept(self.base, dossier, [due.document], Way(due.platform))
        found = [finding.shape for finding in checked.findings]
        against = [finding.shape for finding in checked.findings if finding.blocks]
        sending, refused = self._sending(dossier, due, found)
        act = DepositLine(due, sending, against or refused)
        perform(act, Caller(due.by, ORIGIN, dossier), self.store, self.clock)
        return True

    def _sending(
        self, dossier: str, due: Due, found: list[dict[str, Any]]
    ) -> tuple[SendInvoices, list[dict[str, str]]]:
        """The invoice as it goes by its door; why it does not, where no door takes it."""
        with self.base.books(dossier, writing=False) as books:
            made = ready(books, [due.document], due.platform, rendered)
        for name, parcels in made.parcels.items():
            return SendInvoices(tuple(parcels), name, due.by, found=found), []
        return SendInvoices((), due.platform, due.by), [reason_shape(one) for one in made.refused.values()]


def depositing(base: SqlStore, store: ActStore, dossier: str = "") -> AbstractContextManager[Depositor]:
    """A depositor beside the service; at the end it finishes the invoice in hand."""
    return in_a_thread(Depositor(base, store, dossier), "bulk deposits")

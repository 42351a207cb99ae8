"""Payments told to an approved platform: what a worker does of it by itself, a look at the books at a time."""

from collections.abc import Callable

from lettrage.acts import telling
from lettrage.adapters.store.books import SqlStore
from lettrage.invoicing.sending.outbox import Conclusion, Taken
from lettrage.invoicing.sending.worker import Way
from lettrage.limits import DECLARED_AT_ONCE
from lettrage.ports import Clock


class Declarer:
    """What a worker asks of the books of a dossier that has payments to tell: read, written, judged; kept by the
    commit that ends the job."""

    def __init__(self, store: SqlStore, clock: Clock, ways: Callable[[str, str], Way]) -> None:
        self._store = store
        self._clock = clock
        self._ways = ways

    def __call__(self, dossier: str, taken: Taken) -> Conclusion:
        """What one look at the books has come to."""
        from lettrage.adapters.rules import SheetRules  # noqa: PLC0415  (the official rules are slow to load)

        job, now = taken.job, self._clock.now()
        with self._store.books(dossier, writing=False) as books:
            found = telling.look(books, job.platform, telling.looked_of(job), now, DECLARED_AT_ONCE)
            company = books.company
        made = telling.declared(found.carried, company, SheetRules(), now)
        return telling.concluded(job, found, made, now, self._ways(dossier, job.platform).pace)

"""Loading: a company file, its open invoices and its portfolio are read, compared with what is there, posted."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import msgspec

from lettrage.company.form import Form
from lettrage.opening.document import Load, Opening, Present
from lettrage.opening.plan import plan
from lettrage.opening.read import parse, read
from lettrage.ports import Clock
from lettrage.refusal import Refusal


class Loader(Protocol):
    """What a load may ask of the store, inside one transaction."""

    def record(self, dossier: str) -> dict[str, Any] | None: ...  # noqa: D102

    def present(self, load: Load) -> Present: ...  # noqa: D102

    def write(self, load: Load, opening: Opening, at: str) -> None: ...  # noqa: D102


class LoadingStore(Protocol):
    """A store that loads."""

    def loading(self) -> AbstractContextManager[Loader]: ...  # noqa: D102


class Loaded(msgspec.Struct, frozen=True):
    """What a load did: counts per dossier, or every fault; and the names that mean nothing."""

    counts: dict[str, dict[str, int]]
    faults: list[Refusal]
    strangers: list[Refusal]


class _Refused(Exception):
    """Leaves the store's transaction so that nothing is written."""


def load(data: bytes, name: str, dossier: str, store: LoadingStore, clock: Clock) -> Loaded:
    """Load a file into the books, whole or not at all. Raises Unreadable for a text that is no load file."""
    records = parse(data, name, dossier)
    loaded = Loaded({}, [], [])
    try:
        with store.loading() as loader:
            for index, record in enumerate(records):
                _one(record, f"dossiers[{index}]", loader, loaded, clock)
            if loaded.faults:
                raise _Refused
    except _Refused:
        loaded.counts.clear()
    return loaded


def _one(record: Any, path: str, loader: Loader, loaded: Loaded, clock: Clock) -> None:
    code = Form(record, path, []).code("code")
    form = read(record, path, loader.record(code), loaded.faults, loaded.strangers)
    if form is None:
        return
    if form.code in loaded.counts:
        loaded.faults.append(Refusal("record_twice", path, form.code))
        return
    opening, faults = plan(form, loader.present(form))
    loaded.faults.extend(faults)
    loaded.counts[form.code] = {} if opening is None else _counts(opening)
    if opening is not None and not loaded.faults:
        loader.write(form, opening, clock.now().isoformat())


def _counts(opening: Opening) -> dict[str, int]:
    return {
        "third_parties": len(opening.third_parties),
        "rates": len(opening.rates),
        "invoices": len(opening.invoices),
        "portfolio": len(opening.instruments),
        "entries": len(opening.entries),
    }

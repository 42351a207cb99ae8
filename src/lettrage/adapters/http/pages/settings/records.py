"""Forms over the company file: each field is named by its place in the record, so that every fault finds its field.

`banks.BNP.iban` is the IBAN of the bank BNP; `banks.+.iban` that of one whose code is typed beside it. What is typed
goes through the load, as any file: looked at first without writing, then written, whole or not at all.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import msgspec
from starlette.responses import Response
from stdnum import iban

from lettrage import opening
from lettrage.adapters.http.pages.asked import day_of
from lettrage.adapters.http.pages.page import Page
from lettrage.adapters.http.pages.settings.tabs import Errors, shown
from lettrage.adapters.http.pages.words import known
from lettrage.company.dossier import Company
from lettrage.company.record import TABLES
from lettrage.guard.audited import Event

Kind = Literal["text", "code", "flag", "day", "list", "choice", "amount"]
NEW = "+"
CONFIRMED = "enregistrer"
_ROW = re.compile(r"\[\"([^\"]*)\"\]")
_INDEX = re.compile(r"\[\d+\]")
_BLANK = " "  # what takes a value away: an empty one leaves what is there


class Field(msgspec.Struct, frozen=True):
    """A field of a record. `choices`: value and word; `fixed`: not changed here; `label`: instead of its own."""

    place: str
    value: str
    kind: Kind = "text"
    width: int = 6
    choices: tuple[tuple[str, str], ...] = ()
    fixed: bool = False
    label: str = ""

    @property
    def word(self) -> str:
        """The key of its word."""
        table, *rest = self.place.split(".")
        return f"settings.f_{'_'.join([table, *rest[1:]] if table in TABLES else [table, *rest])}"


class Panel(msgspec.Struct, frozen=True):
    """Fields under a heading."""

    key: str
    fields: tuple[Field, ...]


def edited(
    page: Page, tab: str, company: Company, panels: Sequence[Panel], *, title: str = "", back: str = "", **more: Any
) -> Response:
    """The form as it stands, or what became of it once it was posted: faults, what would change, done."""
    if page.request.method != "POST":
        return _form(page, tab, company, panels, title=title, **more)
    typed = {f.place: _typed(page, f) for panel in panels for f in panel.fields if not f.fixed}
    errors, changes = _own_faults(page, typed, company), list[Event]()
    if not errors:
        record = record_of(_changed(typed, panels))
        loaded = _load(page, record, dry_run=not page.form.flag(CONFIRMED))
        changes = loaded.changes.get(page.dossier, [])
        errors = [(_field(fault.path, typed), fault.say(page.language)) for fault in loaded.faults]
    if errors:
        return _form(page, tab, company, _filled(panels, typed), title=title, errors=errors, **more)
    to = back or page.request.url.path
    if not changes:
        return page.go(to, page.t("settings.nothing_changed"))
    if page.form.flag(CONFIRMED):
        return page.go(to, page.t("settings.filed", len(changes)))
    hidden = [
        (name, text) for name in dict.fromkeys(page.form.names()) if name != "csrf" for text in page.form.all(name)
    ]
    return shown(
        page,
        tab,
        "confirm",
        company,
        title=page.t("settings.confirm"),
        changes=changes,
        hidden=hidden,
        back=to,
        named=_named(page),
    )


def _form(
    page: Page, tab: str, company: Company, panels: Sequence[Panel], *, template: str = "record", **values: Any
) -> Response:
    return shown(
        page,
        tab,
        template,
        company,
        panels=panels,
        word=_word(page),
        day=partial(day_shown, page),
        writing=page.may("load"),
        **values,
    )


def _word(page: Page) -> Callable[[Field], tuple[str, str]]:
    """A field's word and hint."""

    def told(field: Field) -> tuple[str, str]:
        hint = f"{field.word}_hint"
        return field.label or page.t(field.word), page.t(hint) if known(hint) else ""

    return told


def _named(page: Page) -> Callable[[str], str]:
    """What a place of the company file is called."""
    return lambda place: place_named(page, place)


def place_named(page: Page, place: str) -> str:
    """A place of the company file in words: `IBAN (BNP)`; as it is where there are none."""
    word = Field(place, "").word
    if not known(word):
        return place
    table, key, *_ = [*place.split("."), ""]
    return f"{page.t(word)} ({key})" if table in TABLES else page.t(word)


def day_shown(page: Page, text: str) -> str:
    """A day of the record as it is typed in the reader's language."""
    day = day_of(text)
    return f"{day:%d/%m/%Y}" if day and page.language == "fr" else text


def _typed(page: Page, field: Field) -> str:
    text = page.form.text(field.place)
    if field.kind == "flag":
        return "true" if page.form.flag(field.place) else "false"
    if field.kind == "day" and (day := day_of(text)):
        return day.isoformat()
    if field.kind == "amount":
        return "".join(text.split()).replace(",", ".")  # as the company file is written in every language
    if field.place.endswith("siret"):
        return "".join(text.split())
    return iban.compact(text) if field.place.endswith(".iban") and text else text


def _own_faults(page: Page, typed: Mapping[str, str], company: Company) -> list[tuple[str, str]]:
    """What the load would take and nobody could use: a wrong IBAN, no SIRET, a code that is another's or none."""
    return [(place, page.t(word, code=text)) for place, text in typed.items() if (word := _fault(place, text, company))]


def _fault(place: str, text: str, company: Company) -> str:
    """The key of what is wrong with a field; "" for nothing."""
    if place.endswith(f".{NEW}.code") and (not text or _taken(place, text, company)):
        return "settings.code_taken" if text else "settings.code_needed"
    if place.endswith(".iban") and text and not iban.is_valid(text):
        return "settings.wrong_iban"
    if place.endswith("siret") and text and not re.fullmatch(r"[0-9]{14}", text, re.ASCII):
        return "settings.wrong_siret"
    return ""


def _taken(place: str, text: str, company: Company) -> bool:
    table, key, name, *_ = [*place.split("."), "", ""]
    there: dict[str, Mapping[str, Any]] = {
        "banks": company.banks, "establishments": company.establishments, "states": company.states,
        "state_changes": company.changes,
    }  # fmt: skip
    return key == NEW and name == "code" and text in there.get(table, {})


def _changed(typed: Mapping[str, str], panels: Sequence[Panel]) -> dict[str, str]:
    """What was typed otherwise than it stands. A tolerance goes as a pair: a bound left out would not limit."""
    stood = {f.place: iban.compact(f.value) if f.place.endswith(".iban") else f.value for p in panels for f in p.fields}
    changed = {place for place, text in typed.items() if text != stood[place]}
    pairs = {place.rpartition(".")[0] for place in changed if place.startswith("tolerances.")}
    return {place: text for place, text in typed.items() if place in changed or place.rpartition(".")[0] in pairs}


def record_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """The part of a record that these fields make."""
    record: dict[str, Any] = {}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for place, text in typed.items():
        parts = place.split(".")
        inside: dict[str, Any] = record
        if parts[0] in TABLES:
            table, key, *parts = parts
            inside = rows.setdefault((table, key), {} if key == NEW else {TABLES[table]: key})
        for part in parts[:-1]:
            inside = inside.setdefault(part, {})
        listed = parts[-1] in ("from", "chronological_numbers")
        inside[parts[-1]] = [t.strip() for t in text.split(",") if t.strip()] if listed else text or _BLANK
    for (table, _), row in rows.items():
        record.setdefault(table, []).append(row)
    return record


def _load(page: Page, record: Mapping[str, Any], *, dry_run: bool) -> opening.Loaded:
    content = json.dumps({"dossiers": [{"code": page.dossier, **record}]}).encode()
    return opening.load(content, "load.json", page.dossier, page.house.base, page.clock, page.hand, dry_run=dry_run)


def _field(path: str, typed: Mapping[str, str]) -> str:
    """The field that a fault is about; "" where it is about none of this form."""
    place = _INDEX.sub(f".{NEW}", _ROW.sub(r".\1", path.removeprefix("dossiers[0].")))
    table, _, rest = place.partition(".")
    fresh = f"{table}.{NEW}.{rest.partition('.')[2]}"
    return next((name for name in (place, fresh, f"{place}.code") if name in typed), "")


def _filled(panels: Sequence[Panel], typed: Mapping[str, str]) -> list[Panel]:
    """The panels with what was typed."""
    return [
        Panel(panel.key, tuple(msgspec.structs.replace(f, value=typed.get(f.place, f.value)) for f in panel.fields))
        for panel in panels
    ]


__all__ = ["NEW", "Errors", "Field", "Panel", "day_shown", "edited", "place_named", "record_of"]

"""A settlement entered by hand: what is typed, what would be written, and then the writing of exactly that."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from babel.numbers import get_currency_symbol
from fastapi import APIRouter
from starlette.responses import Response

from lettrage.acts.handled import Handle
from lettrage.adapters.http.house import Readings
from lettrage.adapters.http.pages import entry_said, typeset
from lettrage.adapters.http.pages.admission import posted_by, seen_by
from lettrage.adapters.http.pages.entry_form import Fault, Gap, Typed, Worked, currency_of, worked_out
from lettrage.adapters.http.pages.entry_plan import Preview, Told, preview, record, recorded_before
from lettrage.adapters.http.pages.entry_taken import taken_over
from lettrage.adapters.http.pages.page import Page
from lettrage.books.owed import Owed, Party
from lettrage.company.dossier import Company
from lettrage.company.states import StateChange
from lettrage.limits import ROWS_PRINTED

router = APIRouter()
ADDRESS = "/reglements/saisie"
LISTED = 200  # lines of one third party; beyond that one searches
OFFERED = 8  # third parties at a time
_NUMBER_MOST = 2**62
Reader = Annotated[Page, seen_by("settle")]
Writer = Annotated[Page, posted_by("settle")]


class Made(msgspec.Struct, frozen=True):
    """Everything that the page shows. `alike`: a transaction of the same money, 0 for none."""

    worked: Worked
    company: Company
    preview: Preview | None
    alike: int = 0

    @property
    def doubtful(self) -> bool:
        """Whether this may have been recorded already, and nobody has said that it is another one."""
        return bool(self.alike) and not self.worked.typed.again

    @property
    def sound(self) -> bool:
        """Whether it may be recorded."""
        return self.preview is not None and self.preview.sound and not self.doubtful


@router.get(ADDRESS)
def entry(page: Reader) -> Response:
    """The form, empty or filled in by the address: from a customer, from a refused settlement."""
    typed = _asked(page)
    return _shown(page, _made(page, typed))


@router.post(ADDRESS)
def entered(page: Writer) -> Response:
    """The same form: looked at again after each change, or recorded."""
    typed = _posted(page)
    made = _made(page, typed)
    if page.hx:
        return page.part("entry/_live.html", **_values(page, made))
    return _recorded(page, made) if page.form.flag("enregistrer") else _shown(page, made)


def _recorded(page: Page, made: Made) -> Response:
    """Record exactly what was shown; else show what stands in the way."""
    worked, seen = made.worked, made.preview
    if transaction := recorded_before(page, worked.typed.once):
        return _done(page, worked, transaction)
    if seen is None or made.doubtful or not worked.typed.agreed:
        return _shown(page, made, pressed=True)
    recorded = record(page, worked, made.company)
    if recorded.transaction:
        return _done(page, worked, recorded.transaction)
    if any(reason.code == "books_moved" for reason in recorded.reasons):
        return _shown(page, made, moved=True)
    refused = msgspec.structs.replace(seen, reasons=recorded.reasons)
    return _shown(page, msgspec.structs.replace(made, preview=refused), pressed=True)


@router.get(ADDRESS + "/tiers")
def parties(page: Reader) -> Response:
    """Third parties that fit what is typed, for the list under the field."""
    text = page.query.text("tiers").partition(" · ")[0]
    with page.books() as books:
        found = books.parties_like(text, OFFERED) if text else []
    return page.part("entry/_parties.html", parties=found)


def _done(page: Page, worked: Worked, transaction: str) -> Response:
    """On to the next one: date and means are kept."""
    typed = worked.typed
    assert worked.party is not None
    assert worked.amount is not None
    if typed.document:
        why = page.t("entry.taken_over", transaction=transaction)
        page.perform(Handle(typed.document, typed.position, why, page.who.identity.name))
    kept = {"date": typed.day, "moyen": worked.change.code if worked.change else "", "banque": typed.bank}
    amount = typeset.money(worked.amount, worked.currency, page.language)
    said = page.t("entry.done", transaction=transaction, party=worked.party.code, amount=amount)
    link = (f"/transactions/{transaction}", page.t("entry.see_transaction"))
    return page.go(f"{ADDRESS}?{urlencode({k: v for k, v in kept.items() if v})}", done=said, link=link)


# ---------------------------------------------------------------- what was typed


def _asked(page: Page) -> Typed:
    """The form as an address fills it in."""
    query = page.query
    document = query.number("document")
    typed = Typed(
        party=query.text("client") or query.text("tiers"),
        amount=query.text("montant", 40),
        currency=query.text("devise", 3),
        day=query.text("date", 20) or f"{page.today:%d/%m/%Y}",
        change=query.text("moyen", 30),
        bank=query.text("banque", 30),
        label=query.text("libelle"),
        pieces=tuple(filter(None, (piece.strip() for piece in query.text("pieces").split(","))))[:LISTED],
        key=secrets.token_urlsafe(18),
    )
    if not document:
        return typed
    with page.books() as books:
        return taken_over(books, document, query.number("ligne", most=10_000), typed)


def _posted(page: Page) -> Typed:
    """The form as it was posted."""
    form = page.form
    return Typed(
        party=form.text("tiers"),
        amount=form.text("montant"),
        currency=form.text("devise"),
        home=form.text("contre"),
        day=form.text("date"),
        change=form.text("moyen"),
        bank=form.text("banque"),
        label=form.text("libelle"),
        search=form.text("piece"),
        chosen=frozenset(filter(None, map(_number, form.all("choisi")[:ROWS_PRINTED]))),
        paid=_by_number(page, "p-"),
        follows=_by_number(page, "suite-"),
        drawn_for=form.text("pour"),
        proposal=form.text("proposition"),
        usual=form.text("usuel"),
        key=form.text("cle") or secrets.token_urlsafe(18),
        agreed=form.text("accord"),
        seen=form.raw("vu"),
        again=form.flag("encore"),
        document=_number(form.text("document")),
        position=_number(form.text("ligne")),
    )


def _by_number(page: Page, prefix: str) -> Mapping[int, str]:
    names = [name for name in page.form.names() if name.startswith(prefix)]
    return {_number(name.removeprefix(prefix)): page.form.text(name) for name in names}


def _number(text: str) -> int:
    """A number of ours; 0 for nonsense."""
    found = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
    return found if found <= _NUMBER_MOST else 0


# ---------------------------------------------------------------- what is shown


def _made(page: Page, typed: Typed) -> Made:
    """Everything worked out, with the dry run where there is enough for one."""
    with page.books() as books:
        company = books.company
        typed = _with_bank(typed, company)
        party, candidates = _party(books, typed)
        of = currency_of(typed, company)
        owed = books.owed(party.code, of.code, typed.search, typed.chosen, LISTED) if party else Owed()
        if party and not owed.count and len(owed.others) == 1 and typed.drawn_for.partition("|")[0] != party.code:
            typed = msgspec.structs.replace(typed, currency=next(iter(owed.others)))
            owed = books.owed(party.code, typed.currency, typed.search, typed.chosen, LISTED)
    worked = worked_out(typed, company, party, candidates, owed, page.today)
    if not worked.ready:
        return Made(worked, company, None)
    return Made(worked, company, preview(page, worked, company), _alike(page, worked))


def _alike(page: Page, worked: Worked) -> int:
    """A transaction of the same money on the same day, whoever recorded it; 0 for none."""
    assert worked.party is not None
    assert worked.change is not None
    assert worked.amount is not None
    assert worked.day is not None
    with page.books() as books:
        found = books.alike(worked.party.code, worked.change.target, worked.amount, worked.currency.code, worked.day)
    return found or 0


def _with_bank(typed: Typed, company: Company) -> Typed:
    """The only bank there is, or the only establishment's, is not asked for."""
    if typed.bank or typed.drawn_for:
        return typed
    names = {e.bank for e in company.establishments.values() if e.bank} or set(company.banks)
    return msgspec.structs.replace(typed, bank=next(iter(names))) if len(names) == 1 else typed


def _party(books: Readings, typed: Typed) -> tuple[Party | None, tuple[Party, ...]]:
    """The third party meant by its code or its name; those it may be where that is not clear."""
    text = typed.party
    if not text:
        return None, ()
    known = books.party(text.partition(" · ")[0].strip()) or books.party(text)
    if known is not None:
        return known, ()
    found = books.parties_like(text, OFFERED)
    exact = [party for party in found if party.name.casefold() == text.casefold()]
    one = exact or found
    return (one[0], ()) if len(one) == 1 else (None, tuple(found))


def _shown(page: Page, made: Made, *, pressed: bool = False, moved: bool = False) -> Response:
    """The whole page. `pressed`: somebody wanted to record; `moved`: the entry is no longer the one that was seen."""
    values = _values(page, made)
    told = values["told"] if pressed else {}
    errors = [(field, said) for field, sentences in told.items() for said in sentences]
    if pressed and not errors:
        errors = [("", page.t("entry.not_ready"))]
    return page.show(
        "entry/page.html",
        status=422 if errors else 409 if moved else 200,
        title=page.t("entry.title"),
        errors=errors,
        moved=moved,
        before=_seen(made.worked.typed) if moved else [],
        **values,
    )


def _values(page: Page, made: Made) -> dict[str, Any]:
    worked, company, dry = made.worked, made.company, made.preview
    shown = entry_said.lines(page, worked, dry, company) if dry else []
    told: dict[str, list[str]] = {}
    for fault in worked.faults:
        told.setdefault(fault.field, []).append(_fault(page, fault, worked))
    if made.doubtful:
        told.setdefault("", []).append(page.t("entry.alike", transaction=made.alike))
    for reason in dry.reasons if dry else ():
        told.setdefault(reason.field, []).append(_sentence(reason))
    return {
        "w": worked,
        "company": company,
        "home": company.currency,
        "told": told,
        "lines": shown,
        "checks": entry_said.checks(page, worked, dry, company) if dry else [],
        "sound": made.sound,
        "alike": made.alike,
        "agreed": dry.agreement if dry and made.sound else "",
        "seen": msgspec.json.encode(shown).decode(),
        "repeats": bool(made.alike or worked.typed.again) or _would_repeat(dry),
        "gaps": [_gap(page, gap, worked, company) for gap in worked.gaps],
        "unit": get_currency_symbol(worked.currency.code, page.language),
        "tolerance": _tolerance(page, company),
        "currencies": _currencies(worked, company),
        "change_words": {way.code: _way(page, way) for way in worked.ways},
    }


def _would_repeat(dry: Preview | None) -> bool:
    return dry is not None and any(remark.refusal.code == "would_repeat" for remark in dry.remarks)


def _sentence(reason: Told) -> str:
    return f"{reason.said} {reason.fix}".strip()


def _fault(page: Page, fault: Fault, worked: Worked) -> str:
    values: dict[str, Any] = {name: _unit(page, text, worked) for name, text in fault.values.items()}
    return page.t(f"entry.fault_{fault.key}", **values)


def _unit(page: Page, text: str, worked: Worked) -> str:
    """A decimal text of ours with its unit."""
    return typeset.money(int(text.replace(".", "")), worked.currency, page.language)


def _gap(page: Page, gap: Gap, worked: Worked, company: Company) -> dict[str, Any]:
    """A gap as its panel shows it: the fact, what may be done, and who may grant what may not."""
    of, language = worked.currency, page.language
    amount = typeset.money(abs(gap.amount), of, language)
    row = gap.row
    nowhere = "surplus" if worked.chosen else "nowhere"
    key = nowhere if row is None else "missing" if row.short else "excess"
    piece = row.item.piece if row else ""
    due = typeset.day(row.item.due_date, language) if row else ""
    options = []
    for option in gap.options:
        why = ""
        if option.against is not None:
            bounds = _limits(page, company, option.follow)
            why = page.t(f"entry.beyond_{option.follow}", limits=f" ({bounds})" if bounds else "")
        means = page.t(f"entry.means_of_{option.follow}", account=option.account, piece=piece, amount=amount, due=due)
        options.append((option, page.t(f"entry.follow_{option.follow}"), why or means))
    title = page.t(f"entry.gap_{key}", amount=amount, piece=piece)
    return {"key": gap.key, "title": title, "options": options, "chosen": gap.chosen}


def _tolerance(page: Page, company: Company) -> str:
    """The dossier's tolerance for differences of settlement."""
    bounds = _limits(page, company, "difference")
    return page.t("entry.tolerance", bounds=bounds) if bounds else page.t("entry.no_bound")


def _limits(page: Page, company: Company, follow: str) -> str:
    """How much may be written off in this way."""
    if follow == "discount":
        return entry_said.percent(page, company.discount_limit)
    bounds = company.exchange_difference if follow == "exchange" else company.settlement_difference
    said = []
    if bounds.amount is not None:
        said.append(typeset.money(bounds.amount, company.currency, page.language))
    if bounds.percent is not None:
        said.append(entry_said.percent(page, bounds.percent))
    return page.t("entry.and").join(said)


def _currencies(worked: Worked, company: Company) -> Sequence[str]:
    """Home first, then the currencies of what is open, of the banks, and the one chosen."""
    more = {*worked.owed.others, *(bank.currency.code for bank in company.banks.values()), worked.currency.code}
    return [company.currency.code, *sorted(more - {company.currency.code})]


def _way(page: Page, change: StateChange) -> str:
    """A state change by where it leads: `Chèque → portefeuille`."""
    target = change.target
    means = page.t(f"entry.means_{target[:1] if target[:1] in 'CEVSIDL' else 'x'}")
    hand = "hand" if change.direction == "encashment" else "out"
    where = {"30": hand, "50": "bank"}.get(target[1:])
    return f"{means} → {page.t(f'entry.to_{where}')}" if where else f"{means} → {target}"


def _seen(typed: Typed) -> list[entry_said.Shown]:
    """The entry as it was shown, brought back by the form for the eye alone."""
    try:
        return msgspec.json.decode(typed.seen, type=list[entry_said.Shown])
    except msgspec.MsgspecError:
        return []

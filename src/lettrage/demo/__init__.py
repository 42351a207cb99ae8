"""The demonstration: the source's five examples, the lives of a cheque and of two invoices, each in its dossier."""

import json
import secrets
from importlib.resources import files
from pathlib import Path
from typing import Any

from lettrage import opening, terminal
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.store.books import SqlStore
from lettrage.demo import approved, invoice, story
from lettrage.demo.telling import simulator as simulator
from lettrage.refusal import Language, Refusal, StoreTrouble
from lettrage.settlement import Caller, settle
from lettrage.simulator.server import Simulator

VISITOR = "demo"  # who looks at these books
EXAMPLES = (
    ("EX1", "cheque", "Un chèque pour deux factures, avec 5 € d'écart ; et un acompte",
     "One cheque for two invoices, 5 € short; and an advance"),
    ("EX2", "cash-and-cheque", "Espèces puis chèque, une seule transaction", "Cash then a cheque, one transaction"),
    ("EX3", "discount", "Espèces avec escompte, puis chèque", "Cash with a discount, then a cheque"),
    ("EX4", "foreign", "2 400 TND à taux bloqué, avec escomptes", "2,400 TND at a blocked rate, with discounts"),
    ("EX5", "deposit", "Remises de chèques en banque", "Cheques deposited at the bank"),
)  # fmt: skip


def play(path: Path, portal: Simulator, lang: Language) -> SqlStore:
    """Tell every story in a fresh database file and print what it did; the books, still open."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError:
        raise StoreTrouble(Refusal("database_not_writable", "--database", str(path))) from None
    clock = SystemClock()
    address = f"sqlite:///{path}"
    store = SqlStore(address, clock, create=True)
    sound = True
    for code, name, french, english in EXAMPLES:
        heading = f"{code} · {french if lang == 'fr' else english}"
        terminal.say("", heading, "═" * len(heading))
        sound &= _example(code, name, store, clock, lang)
    sound &= story.tell(store, clock, lang)
    sound &= approved.tell(store, clock, portal, path.with_name("demo"), lang)
    sound &= invoice.tell(store, clock, portal, path.with_name("demo"), lang)
    word = ("tout est juste", "everything is right") if sound else ("ANOMALIES", "FINDINGS")
    label = ("Contrôle d'intégrité des huit dossiers", "Integrity check of the eight dossiers")
    at = 0 if lang == "fr" else 1
    colon = " :" if lang == "fr" else ":"
    terminal.say("", f"{label[at]}{colon} {word[at]}.")
    terminal.say(f"lettrage --database {address} --dossier EX1 items --all")
    return store


def welcome(store: SqlStore) -> tuple[str, str]:
    """A password for the pages and a token for the API, of an administrator of these books alone."""
    token = store.accounts.issue(VISITOR, "administrator", "")
    password = secrets.token_urlsafe(9)
    store.sign_ins.set_password("", VISITOR, password)
    return password, token


def invite(url: str, password: str, token: str, portal: str, lang: Language) -> None:
    """Say how to look at these books and to call their service, and where the portal's own page is."""
    words = ("Le service écoute ; Ctrl-C l'arrête.", "The service listens; Ctrl-C stops it.")
    terminal.say("", terminal.said(words, lang))
    words = ("Les pages : {} · identifiant {} · mot de passe {}", "The pages: {} · login {} · password {}")
    terminal.say(terminal.said(words, lang).format(url, VISITOR, password))
    words = ("Le portail simulé : {}", "The simulated portal: {}")
    terminal.say(terminal.said(words, lang).format(portal))
    terminal.say(f"curl -H 'Authorization: Bearer {token}' '{url}/api/v1/entries?dossier=EX6'")


def _example(code: str, name: str, store: SqlStore, clock: SystemClock, lang: Language) -> bool:
    folder = files("lettrage.demo").joinpath("examples")
    company = folder.joinpath(f"{name}.json").read_bytes()
    loaded = opening.load(company, f"{name}.json", code, store, clock)
    assert not loaded.faults, [fault.say("en") for fault in loaded.faults]
    document = folder.joinpath(f"{name}.txt").read_bytes()
    reply = settle(document, Caller("demo", "demonstration", code), store, clock)
    for element in _response(reply.text):
        terminal.say(element["errormessage"])
    with store.books(code, writing=False) as books:
        home = books.company.currency
        made = [entry for entry in books.entries(home) if entry["transaction"]]
        portfolio = books.portfolio(home)
        items = books.items(clock.today(), "", everything=True)
    for entry in made:
        terminal.say("", *terminal.entry_table(entry, lang))
    if items:
        title = "Échéances et acomptes" if lang == "fr" else "Due items and advances"
        terminal.say("", *terminal.table(items, "items", lang, title))
    terminal.say("", *terminal.table(portfolio, "portfolio", lang, "Portefeuille" if lang == "fr" else "Portfolio"))
    return not store.audit(code)


def _response(answer: str) -> list[dict[str, Any]]:
    response: list[dict[str, Any]] = json.loads(json.loads(answer)["result"])["result"]["response"]
    return response

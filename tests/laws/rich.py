"""Books with something of everything, made by the engine itself, for the laws to be tried on."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lettrage.settlement import Caller
from lettrage.settlement.answer import Reply
from tests.world import World

EXAMPLES = Path(__file__).parent.parent / "examples"
RICH = "600"


def make(path: Path) -> World:
    """The source's five examples, each in a dossier of its own, and a rich one."""
    world = World(path, datetime(2024, 10, 21, 10, 0, tzinfo=UTC))
    for folder in sorted(EXAMPLES.iterdir()):
        code = f"10{folder.name[0]}"
        _load(world, (folder / "load.json").read_text("utf-8").replace('"code": "998"', f'"code": "{code}"'))
        document = (folder / "document.txt").read_text("utf-8").replace("'998'", f"'{code}'")
        assert not world.settle(document.encode(), Caller("test", "test", dossier=code)).refused
    _load(world, json.dumps({"dossiers": [company()]}))
    for settlements in STORY:
        reply = sent(world, settlements)
        assert (reply.error, reply.refused) == (0, 0), reply.text
    assert sent(world, [header("PORCHQ", "C1", "1", detail("C1", "unknown", "1"))]).refused == 1
    # The last entry stands alone, so that a tail can be cut off without a trace but its hash.
    _load(world, json.dumps({"dossiers": [{"code": RICH, "invoices": [invoice("LAST", 77, "2024-10-20")]}]}))
    world.store.close()  # the file is whole by itself, and may be copied
    return world


def _load(world: World, text: str) -> None:
    loaded = world.load(text.encode())
    assert not loaded.faults, [fault.say("fr") for fault in loaded.faults]


def sent(world: World, settlements: list[dict[str, Any]], dossier: str = RICH) -> Reply:
    """What is answered to a document of these settlements."""
    headers = [{"EnteteReglement": settlement} for settlement in settlements]
    form = {
        "action": {"swinfinity": "integration_reglement", "parameters": {"dos": dossier}},
        "data": {"EnteteReglementtb": headers},
    }
    return world.settle(json.dumps(form).encode(), Caller("test", "test"))


def invoice(number: str, amount: int, day: str, **more: Any) -> dict[str, Any]:
    """An invoice of the load file with one due item."""
    item = {"due_date": "2024-12-31", "amount": f"{amount}.00"}
    record = {"third_party": "C1", "prefix": "", "number": number, "date": day, "currency": "EUR"}
    return record | {"due_items": [item]} | more


def company() -> dict[str, Any]:
    """A company with two years, foreign invoices, a portfolio, a slip to come, VAT on receipts, an advance."""
    bank = {"code": "BNP", "account": "512100", "currency": "EUR"}
    wide = {"amount": "100.00", "percent": "20"}
    vat = [{"rate": "20", "base": "1000.00", "amount": "200.00"}]
    usd = {"currency": "USD", "rate": "0.9123"}
    held = {"order": "1", "third_party": "C2", "currency": "EUR"}
    return {
        "code": RICH,
        "name": "Société riche",
        "currency": "EUR",
        "discount_vat": "adjust",
        "tolerances": {"settlement_difference": wide, "exchange_difference": wide},
        "years": [{"start": "2023-07-01", "end": "2024-06-30"}, {"start": "2024-07-01", "end": "2025-06-30"}],
        "banks": [bank],
        "third_parties": [
            {"code": "C1", "kind": "customer", "name": "Client 1"},
            {"code": "C2", "kind": "customer", "name": "Client 2"},
            {"code": "F1", "kind": "supplier", "name": "Fournisseur 1"},
        ],
        "rates": [{"currency": "USD", "date": "2024-10-01", "rate": "0.9017"}],
        "invoices": [
            invoice("1", 1200, "2024-06-10", vat=vat, vat_due="receipts"),
            invoice("2", 1000, "2024-07-10"),
            invoice("3", 333, "2024-09-10", **usd),
            invoice("4", 700, "2024-09-10", **usd),
            invoice("5", -150, "2024-09-11"),
            invoice("6", 6000, "2024-09-12", third_party="C2"),
            invoice("7", 2000, "2024-09-12", third_party="F1"),
            invoice("8", 250, "2024-09-12"),
            {
                **invoice("9", 200, "2024-05-02"),
                "due_items": [
                    {"due_date": "2024-08-31", "amount": "100.00", "open": "40.00"},
                    {"due_date": "2024-11-30", "amount": "100.00", "disputed": True},
                ],
            },
        ],
        "portfolio": [
            held | {"transaction": "11", "state": "C30", "amount": "80.00", "date": "2024-09-01"},
            held | {"transaction": "12", "state": "C30", "amount": "81.00", "date": "2024-09-01"},
            held
            | {"transaction": "13", "state": "C50", "amount": "82.00", "date": "2024-09-01"}
            | {"bank": "BNP", "awaiting_slip": True},
            held
            | {"transaction": "14", "state": "V30", "amount": "90.00", "date": "2024-09-01"}
            | {"currency": "USD", "amount_home": "81.50"},
        ],
        "advances": [
            {"transaction": "15", "order": "1", "third_party": "C2", "currency": "EUR", "amount": "5000.00"}
            | {"amount_home": "5000.00", "date": "2024-08-01"}
        ],
    }


def header(change: str, party: str, amount: str, *details: dict[str, str], **more: str) -> dict[str, Any]:
    """A header of a settlement document."""
    direction = "2" if change.startswith(("DEC", "PAY", "EXE")) else "1"
    record: dict[str, Any] = {"REGLTTYP": direction, "CHGETAT": change, "TIERS": party, "DEV": "EUR"}
    if amount:
        record["MTDEV"] = amount
    rows = [{"DetailReglement": detail} for detail in details]
    return record | {"TRANSACDT": "20241015", "DetailReglementtb": rows} | more


def detail(party: str, piece: str, amount: str, operation: str = "", **more: str) -> dict[str, str]:
    """A detail on a piece (or an advance, without)."""
    return {"TIERS": party, "PIECE": piece, "MTDEVFIN": amount, "NATUREOPERATION": operation} | more


USD = {"DEV": "USD"}
BNP = {"BQC": "BNP"}

# Each document settles what the ones before it left, and makes the transactions noted beside it.
STORY: list[list[dict[str, Any]]] = [
    [  # 16: VAT on receipts, in two parts and a rest
        header("PORCHQ", "C1", "500", detail("C1", "1", "500"), detail("C1", "1", "700", "WPA"), TRANSAC="1"),
        header(
            "PORESP",
            "C1",
            "300",
            detail("C1", "1", "300"),
            detail("C1", "1", "33", "WE"),
            detail("C1", "1", "367", "WPA"),
            TRANSAC="1",
            NOORDRE="2",
        ),
    ],
    [header("PORVIR", "C1", "505", detail("C1", "", "505", "WAR"))],  # 17: an advance
    [
        header(  # 18: consumed, with a credit note and a difference
            "PORCHQ",
            "C1",
            "997",
            detail("C1", "1", "367"),
            detail("C1", "2", "995"),
            detail("C1", "2", "5", "WDR"),
            detail("C1", "5", "-150"),
            detail("C1", "8", "250"),
            detail("C1", "9", "40", DUEDATE="20240831"),
            detail("C1", "", "-505", "WAR", TRANSAC="17"),
        )
    ],
    [  # 19 at the table's rate, 20 at a blocked one, 21 in euros; 22 an advance in dollars, 23 consumed: no instrument
        header("PORVIR", "C1", "100", detail("C1", "3", "100"), detail("C1", "3", "233", "WPA"), **USD),
        header(
            "PORVIR",
            "C1",
            "133",
            detail("C1", "3", "133", MTDEVREGLE="133", MTREGLE="120"),
            detail("C1", "3", "100", "WPA"),
            MT="120",
            **USD,
        ),
        header(
            "PORCHQ",
            "C1",
            "630",
            detail("C1", "4", "695", MTDEVREGLE="630", MTREGLE="630"),
            detail("C1", "4", "5", "WDC"),
            MT="630",
        ),
        header("PORVIR", "C1", "200", detail("C1", "", "200", "WAR"), **USD),
    ],
    [header("PORVIR", "C1", "0", detail("C1", "3", "100"), detail("C1", "", "-100", "WAR", TRANSAC="22"), **USD)],
    [
        header(  # 24: part of a loaded advance
            "PORCHQ",
            "C2",
            "1000",
            detail("C2", "6", "4000"),
            detail("C2", "6", "2000", "WPA"),
            detail("C2", "", "-3000", "WAR", TRANSAC="15"),
        )
    ],
    # 25 and 26: a supplier is paid in two parts; 27: an advance goes back
    [header("DECVIR", "F1", "1500", detail("F1", "7", "1500"), detail("F1", "7", "500", "WPA"))],
    [header("PAYVIR", "F1", "500", detail("F1", "7", "500"), **BNP)],
    [header("DECCHQ", "C2", "500", detail("C2", "", "500", "WAR", TRANSAC="15"))],
    # 28: executed; 29: cheques deposited, old and new; 30: for a slip; 31: dollars given as euros by the bank
    [
        header("EXEVIR", "F1", "", {"TRANSAC": "25"}, **BNP),
        header("REMCDI", "", "1077", {"TRANSAC": "18"}, {"TRANSAC": "11"}, **BNP),
        header("REMCHQ", "", "", {"TRANSAC": "12"}, **BNP),
        header("REMVIR", "", "90", {"TRANSAC": "14"}, MT="83", **BNP, **USD),
    ],
]

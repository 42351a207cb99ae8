"""Whatever a caller sends to whichever service, the simulator answers as a platform does and never fails itself."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

import lettrage.simulator
from lettrage.simulator.gateway import SERVICES
from tests.simulator.caller import Caller
from tests.simulator.flow import available
from tests.simulator.samples import invoice

SOURCE = Path(lettrage.simulator.__file__).parent
# Every name in the simulator's text that could be one of a field.
FIELDS = sorted(
    {
        name
        for module in SOURCE.glob("*.py")
        for name in re.findall(r'"([a-z][a-zA-Z]{3,40})"', module.read_text("utf-8"))
        if name != name.lower() or name in ("motif", "format", "structure", "reference", "references", "commentaire")
    }
)
SEED = 20261122
BODIES = 25


def value(dice: random.Random, known: list[Any], depth: int = 0) -> Any:
    plain = [None, "", "x", " ", "é" * 300, "\u0000", 0, 1, -1, 10**17, 10**40, 1.5, 1e300, True, False, "OUI", *known]
    if depth > 2 or dice.random() < 0.7:
        return dice.choice(plain)
    if dice.random() < 0.4:
        return [value(dice, known, depth + 1) for _ in range(dice.randint(0, 3))]
    return body(dice, known, depth + 1)


def body(dice: random.Random, known: list[Any], depth: int = 0) -> dict[str, Any]:
    return {field: value(dice, known, depth) for field in dice.sample(FIELDS, dice.randint(0, 40 if depth == 0 else 6))}


@pytest.mark.parametrize("api", [api for api, services in SERVICES.items() if services])
def test_any_body_is_answered_and_nothing_breaks(caller: Caller, api: str) -> None:
    dice = random.Random(SEED)
    key = available(caller, invoice("ubl", number="A-1"))
    flow = caller.simulator.platform.flows()[0].number
    known = [
        key,
        str(key),
        flow,
        26300989,
        "26300989",
        25783452,
        "12345678200028",
        "SIRET",
        "A-1",
        "SUSPENDUE",
        "JVBERg==",
    ]
    known += ["IN_DP_E1_UBL_INVOICE", "SAISIE_API", "DEPOT_PDF_API", "FACTURE", "PIVOT", "PDF", "2026-11-22"]
    headers = caller.headers()

    for service in SERVICES[api]:
        for _ in range(BODIES):
            sent = body(dice, known)
            answer = caller.http.post(f"/cpro/{api}/v1/{service}", json=sent, headers=headers)
            assert answer.status_code in (200, 400, 413), (service, sent, answer.text)
            assert answer.status_code == 413 or isinstance(answer.json()["codeRetour"], int)

    assert not caller.simulator.mishaps

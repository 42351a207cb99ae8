"""The client of PISTE and Chorus Pro against the simulator: every call of the port, and every kind of trouble."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import httpx
import pytest

from lettrage.adapters.calling.failures import of_failure
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.adapters.chorus.trouble import CLASSES, STATUSES, verdict
from lettrage.guard.secrets import Secret
from lettrage.invoicing.portal import Recycled, Trouble
from lettrage.simulator.server import Simulator
from tests.chorus.setting_up import SIRET, Answer, place, settings_at, settings_for

FILE = b"<x/>"
UBL = "IN_DP_E1_UBL_INVOICE"
DEPOSIT = "*/deposer/flux"


def trouble_of(portal: ChorusPortal, what: str = "deposit") -> Trouble:
    """The trouble that a deposit, or a reading, meets."""
    with pytest.raises(Trouble) as caught:
        portal.deposit(FILE, "f.xml", UBL) if what == "deposit" else portal.find(number="F1")
    return caught.value


# ---------------------------------------------------------------- the calls


def test_a_flow_is_deposited_and_followed_to_its_end(portal: ChorusPortal, simulator: Simulator) -> None:
    taken = portal.deposit(FILE, "f.xml", UBL)

    assert len(taken.flow) == 25
    assert taken.date is not None
    assert portal.flow(taken.flow).state == "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP"
    simulator.platform.clock.advance(100_000)
    report = portal.flow(taken.flow)
    assert (report.state, report.documents, report.technical[0].code) == ("IN_REJETE", (), "ERR_XSD_001")
    assert report.at is not None
    assert report.at.utcoffset() == timedelta(0)
    assert simulator.platform.flows()[0].data == FILE


def test_a_flow_that_is_not_known_is_told_apart(portal: ChorusPortal) -> None:
    assert not portal.flow("CPP0011100000000000000099").known


def test_a_structure_comes_with_its_demands_and_all_its_services(portal: ChorusPortal) -> None:
    found = portal.structure("12345678200028")

    assert found is not None
    assert (found.service_required, found.engagement_required, found.active) == (True, False, True)
    assert {service.code: service.active for service in found.services}["SERVICE_FERME"] is False
    own = portal.structure(SIRET)
    assert own is not None
    assert own.password_expires is not None
    assert portal.structure("00000000000000") is None


def test_services_beyond_the_first_page_are_found(portal: ChorusPortal, simulator: Simulator) -> None:
    many = max(simulator.platform.directory, key=lambda structure: len(structure.services))
    assert len(many.services) > 10

    found = portal.structure(many.identifier, many.identifier_type)

    assert found is not None
    assert {one.code for one in found.services} == {one.code for one in many.services}


def test_a_service_says_whether_it_wants_an_engagement(portal: ChorusPortal) -> None:
    structure = portal.structure("12345678200028")
    assert structure is not None

    wanted = {code: portal.service(structure, code) for code in ("SERVICE_AVEC_EJ", "SERVICE_DEST_SERV_OBL", "NONE")}

    assert [one and one.engagement_required for one in wanted.values()] == [True, False, None]


def test_an_engagement_is_known_not_known_or_not_to_be_told(portal: ChorusPortal, simulator: Simulator) -> None:
    known = next(one for one in simulator.platform.directory.engagements.values() if one.state == "COMMANDE")

    assert portal.engagement_exists(SIRET, known.number) is True
    assert portal.engagement_exists(SIRET, "0000") is False
    assert portal.engagement_exists("00000000000000", known.number) is None
    simulator.simulation.change_application(subscriptions=("factures", "transverses", "structures"))
    assert portal.engagement_exists(SIRET, known.number) is None


def test_a_suspended_invoice_is_completed_only_where_it_is_suspended(portal: ChorusPortal) -> None:
    with pytest.raises(Trouble) as caught:
        portal.complete("8420001", "voici", [("pièce.pdf", b"%PDF-1.4")])
    assert (caught.value.kind, caught.value.code) == ("refused", "GDP_MSG_11.008")
    with pytest.raises(Trouble) as caught:
        portal.recycle("8420001", Recycled("12345678200028", service="SERVICE_DEST_SERV_OBL"))
    assert caught.value.kind == "refused"


# ---------------------------------------------------------------- what a trouble means

MEANINGS = {
    # fault: what a deposit meets, whether it may have arrived; what a reading meets
    "maintenance": ("maintenance", "maintenance"),
    "maintenance_empty": ("maintenance", "maintenance"),
    "not_subscribed": ("settings", "settings"),
    "bad_gateway": ("unknown", "gateway"),
    "unavailable": ("maintenance", "maintenance"),
    "gateway_timeout": ("unknown", "gateway"),
    "version_not_supported": ("gateway", "gateway"),
    "html_answer": ("unknown", "garbled"),
    "empty_answer": ("unknown", "garbled"),
    "password_expired": ("settings", "settings"),
    "token_refused": ("settings", "settings"),
    "too_many_calls": ("quota", "quota"),
    "dropped_before": ("unknown", "gateway"),
    "dropped_after": ("unknown", "gateway"),
    "truncated": ("unknown", "garbled"),
    "html_after": ("unknown", "garbled"),
}


@pytest.mark.parametrize("fault", MEANINGS)
@pytest.mark.parametrize("what", ["deposit", "reading"])
def test_a_fault_means_what_the_table_says(fault: str, what: str, portal: ChorusPortal, simulator: Simulator) -> None:
    portal.find(number="F1")  # there is a token
    simulator.faults.on(fault, path="/cpro/*")

    met = trouble_of(portal, what)

    assert met.kind == MEANINGS[fault][what == "reading"]
    assert met.step.startswith("factures/v1/")


@pytest.mark.parametrize("fault", [fault for fault, (kind, _) in MEANINGS.items() if kind != "unknown"])
def test_only_a_doubt_may_have_been_taken(fault: str, portal: ChorusPortal, simulator: Simulator) -> None:
    simulator.faults.on(fault, path=DEPOSIT)

    trouble_of(portal)

    assert simulator.platform.flows() == ()


def test_every_status_has_its_reason_and_a_reading_is_never_in_doubt() -> None:
    for ruling in (*STATUSES.values(), *CLASSES.values()):
        assert len(ruling.why.split()) > 3
        assert ruling.reading != "unknown"
        assert ruling.writing != "garbled" or ruling is CLASSES[4]
    for status in range(100, 1000):
        assert verdict(status, in_its_own_words=False).reading != "unknown"
    assert verdict(500, in_its_own_words=True).writing == "unknown"


@pytest.mark.parametrize(
    ("error", "kind", "sent"),
    [
        (httpx.ConnectError("refused"), "unreachable", False),
        (httpx.ConnectTimeout("slow"), "unreachable", False),
        (httpx.WriteTimeout("slow"), "unreachable", False),
        (httpx.ReadTimeout("slow"), "unknown", True),
        (httpx.ReadError("cut"), "unknown", True),
        (httpx.RemoteProtocolError("no answer"), "unknown", True),
        (ValueError("strange"), "unknown", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_what_was_surely_not_sent_is_told_from_what_may_have_been(error: Exception, kind: str, sent: bool) -> None:
    assert of_failure(error, write=True) == (kind, sent)
    assert of_failure(error, write=False)[0] == ("unreachable" if not sent else "gateway")


def test_nobody_there_means_that_nothing_was_sent() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening
        calls = Calls(settings_at(f"http://127.0.0.1:{held.getsockname()[1]}"))
        met = trouble_of(ChorusPortal(Piste(calls)))
        calls.close()

    assert (met.kind, met.sent, met.step) == ("unreachable", False, "token")


def test_an_answer_that_takes_too_long_is_a_doubt(
    portal: ChorusPortal, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lettrage.adapters.calling.exchange._TIMEOUT", httpx.Timeout(0.2))
    simulator.faults.on("slow", path=DEPOSIT, seconds=1)

    assert trouble_of(portal).kind == "unknown"


# ---------------------------------------------------------------- tokens


def test_a_token_is_asked_for_once(piste: Piste, portal: ChorusPortal, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = mock.Mock(wraps=piste.calls.token)
    monkeypatch.setattr(piste.calls, "token", counted)
    threads = [threading.Thread(target=portal.find) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counted.call_count == 1


def test_a_revoked_token_is_renewed_once_and_the_call_replayed(portal: ChorusPortal, simulator: Simulator) -> None:
    portal.find()
    simulator.piste.revoke()

    assert portal.deposit(FILE, "f.xml", UBL).flow
    assert len(simulator.platform.flows()) == 1


def test_a_token_refused_again_and_again_ends(portal: ChorusPortal, simulator: Simulator) -> None:
    portal.find()
    simulator.faults.on("token_refused", path="/cpro/*", times=2)
    assert trouble_of(portal, "find").status == 401
    portal.find()


def test_a_token_is_renewed_once_for_a_call_that_has_to_wait() -> None:
    statuses = [200, 401, 429, 401, 200]

    with place(lambda _path: (statuses.pop(0), {}, b'{"codeRetour": 0}')) as url:
        calls = Calls(settings_at(url), sleep=lambda _seconds: None)
        piste = Piste(calls)
        piste.call("factures/v1/deposer/flux", {})
        with pytest.raises(Trouble) as caught:
            piste.call("factures/v1/deposer/flux", {})
        calls.close()

    assert (caught.value.status, statuses) == (401, [200])


def test_a_token_is_not_used_in_its_last_minutes(simulator: Simulator) -> None:
    now = [0.0]
    calls = Calls(settings_for(simulator), ticks=lambda: now[0])
    piste = Piste(calls, ticks=lambda: now[0])
    first, _ = piste.tokens.token()
    now[0] = 3600 - 241
    assert piste.tokens.token() == (first, False)
    now[0] = 3600 - 239
    assert piste.tokens.token()[1]
    calls.close()


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"access_token": ""}', b'{"access_token": null}', b'{"access_token": ["a"]}', b"<html>",
     b'{"access_token": "a\\r\\nX: y"}', b'{"access_token": "\\u00e9"}', b'{"access_token": "a", "expires_in": -1}'],
)  # fmt: skip
def test_an_answer_without_a_token_is_never_kept(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.chorus.setting_up.TOKEN", body)
    with place(lambda _path: (200, {}, b"{}")) as url:
        calls = Calls(settings_at(url))
        piste = Piste(calls)
        met = trouble_of(ChorusPortal(piste))
        calls.close()

    assert (met.kind, met.step, met.sent, piste.tokens.held) == ("garbled", "token", False, None)


@pytest.mark.parametrize("status", [400, 401])
def test_wrong_client_credentials_are_a_fault_of_the_settings(status: int, simulator: Simulator) -> None:
    simulator.piste.settings.wrong_client_status = status
    calls = Calls(settings_for(simulator, client_secret=Secret("wrong")))

    met = trouble_of(ChorusPortal(Piste(calls)))

    calls.close()
    assert (met.kind, met.code, met.step) == ("settings", "invalid_client", "token")


# ---------------------------------------------------------------- how it calls


def test_too_many_calls_are_tried_again_after_longer_and_longer(
    portal: ChorusPortal, simulator: Simulator, pauses: list[float]
) -> None:
    portal.find()
    simulator.faults.on("too_many_calls", path=DEPOSIT, times=3)

    assert portal.deposit(FILE, "f.xml", UBL).flow
    assert pauses == [2, 4, 8]


def test_a_longer_wait_that_is_asked_for_is_left_to_who_plans(
    portal: ChorusPortal, simulator: Simulator, pauses: list[float]
) -> None:
    simulator.faults.on("too_many_calls_wait", path=DEPOSIT, seconds=600)

    assert (trouble_of(portal).after, pauses) == (600, [])


def test_calls_keep_their_distance(simulator: Simulator, pauses: list[float]) -> None:
    calls = Calls(settings_for(simulator, pause_ms=1000), sleep=pauses.append, ticks=lambda: 0.0)
    portal = ChorusPortal(Piste(calls, ticks=lambda: 0.0))
    portal.find()
    portal.find()
    calls.close()

    assert pauses == [1.0, 2.0]  # the token, then each call a second later


def test_a_redirect_is_never_followed() -> None:
    called = []

    def elsewhere(path: str) -> Answer:
        called.append(path)
        return 307, {"location": "/cpro/elsewhere"}, b""

    with place(elsewhere) as url:
        calls = Calls(settings_at(url))
        met = trouble_of(ChorusPortal(Piste(calls)))
        calls.close()

    assert (met.kind, len(called)) == ("gateway", 1)


def test_the_environment_names_no_proxy(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    calls = Calls(settings_for(simulator))
    ChorusPortal(Piste(calls)).find()
    calls.close()


def test_certificates_are_verified_wherever_the_source_makes_a_client() -> None:
    source = Path(__file__).parents[2] / "src" / "lettrage" / "adapters" / "chorus"
    assert not [file for file in source.glob("*.py") if "verify" in file.read_text("utf-8")]


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1", "https://api.piste.gouv.fr", "ftp://x.fr", "http://2130706433"]
)
def test_nothing_is_called_that_the_settings_may_not_name(address: str) -> None:
    calls = Calls(settings_at(address))
    met = trouble_of(ChorusPortal(Piste(calls)))
    calls.close()

    assert (met.kind, met.sent, met.code) == ("settings", False, "address_not_allowed")


# ---------------------------------------------------------------- lists


def invoices(count: int, page: int, pages: object, **more: object) -> bytes:
    import json

    rows = [
        {"identifiantFactureCPP": 10 * page + n, "numeroFacture": "F1", "statut": "DEPOSEE", "montantTTC": 1.10}
        for n in range(count)
    ]
    told = {"pageCourante": page, "pages": pages} if pages is not None else {}
    return json.dumps({"codeRetour": 0, "libelle": "", "listeFactures": rows, "parametresRetour": told | more}).encode()


def found_in(answers: list[bytes]) -> list[str]:
    rest = iter(answers)
    with place(lambda _path: (200, {}, next(rest))) as url:
        calls = Calls(settings_at(url))
        try:
            return [one.id for one in ChorusPortal(Piste(calls)).find()]
        finally:
            calls.close()


def test_every_page_is_read() -> None:
    assert len(found_in([invoices(2, 1, 3), invoices(2, 2, 3), invoices(1, 3, 3)])) == 5
    assert found_in([invoices(2, 1, 1)]) == ["10", "11"]
    assert found_in([invoices(2, 1, None), invoices(1, 2, None), invoices(0, 3, None)]) == ["10", "11", "20"]
    assert found_in([invoices(2, 1, None), invoices(2, 1, None)]) == ["10", "11"]  # a service without pages


@pytest.mark.parametrize(
    "answers",
    [
        [invoices(2, 1, 3), invoices(2, 1, 3)],
        [invoices(2, 1, 2), invoices(2, 3, 2)],
        [invoices(2, 1, -1)],
        [invoices(2, 1, 10**9)],
        [invoices(2, 1, "many")],
        [invoices(2, 1, 1, total=3)],
        [invoices(2, 1, 2), b'{"codeRetour": 0, "listeFactures": {}}'],
    ],
    ids=["repeated", "another page", "negative", "endless", "no number", "incomplete", "no list"],
)
def test_pages_that_contradict_themselves_prove_nothing(answers: list[bytes]) -> None:
    with pytest.raises(Trouble) as caught:
        found_in(answers)
    assert caught.value.kind == "garbled"


def test_a_criterion_that_the_service_left_aside_finds_no_stranger() -> None:
    with place(lambda _path: (200, {}, invoices(2, 1, 1))) as url:
        calls = Calls(settings_at(url))
        found = ChorusPortal(Piste(calls)).find(number="F2", changed_since=datetime(2026, 1, 1, tzinfo=UTC))
        calls.close()

    assert found == []

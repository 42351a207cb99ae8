"""A client that knows only Divalto's page: forms, envelopes, texts, and what comes back."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from lettrage.limits import DOCUMENT
from tests.http.service import CHEQUE, Service, answer, firm_of_example, running
from tests.journeys.helpers import EXAMPLES, Firm, company, header, invoice, pays

DATA = (CHEQUE / "document.txt").read_text("utf-8")
BUSINESS = f"{{'action': {{'swinfinity': 'integration_reglement', 'parameters': {{'dos': '998'}}}}, {DATA}}}"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(firm_of_example(tmp_path)) as started:
        yield started


def page(token: str, param: object = BUSINESS) -> dict[str, object]:
    """The full envelope of the source's page."""
    return {"action": "WEB_SERVICE_INFINITY", "access_token": token, "param": param}


SHAPES: dict[str, Callable[[str], dict[str, Any]]] = {
    "json, param a string": lambda token: {"json": page(token)},
    "json, param an object": lambda token: {
        "json": page(token, {"data": {"EnteteReglementtb": json_headers()}}),
    },
    "form": lambda token: {"data": page(token)},
    "form without action": lambda token: {"data": {"access_token": token, "param": BUSINESS}},
    "form with everything in one field": lambda token: {"data": {"json": json.dumps(page(token))}},
    "the whole text escaped, as curl -d would": lambda token: {"content": quote_plus(json.dumps(page(token))).encode()},
    "text said to be a form": lambda token: {
        "content": json.dumps(page(token)).encode(),
        "headers": {"content-type": "application/x-www-form-urlencoded"},
    },
    "text without a type": lambda token: {"content": json.dumps(page(token)).encode()},
    "business form, bearer": lambda token: {
        "content": BUSINESS.encode(),
        "headers": {"authorization": f"Bearer {token}"},
    },
    "data alone in Windows-1252, bearer": lambda token: {
        "content": DATA.encode("cp1252"),
        "headers": {"authorization": f"bearer {token}"},
    },
    "form in Windows-1252": lambda token: {
        "content": f"access_token={token}&param={quote_plus(BUSINESS, encoding='cp1252')}".encode(),
    },
    "single quotes all over": lambda token: {
        "content": f"{{'action':'WEB_SERVICE_INFINITY','access_token' : '{token}','param': {BUSINESS}}}".encode(),
    },
}


def json_headers() -> list[Any]:
    from lettrage.settlement import dialect

    tree: Any = dialect.parse(DATA).tree
    return list(tree["data"]["EnteteReglementtb"])


@pytest.mark.parametrize("shape", list(SHAPES))
def test_the_source_example_in_every_shape(service: Service, shape: str) -> None:
    sent = SHAPES[shape](service.token("clerk", "998"))

    response = httpx.post(f"{service.url}/webservice", **sent)

    found = answer(response)
    assert (response.status_code, found.error, found.txterr) == (200, 0, "")
    assert (found.codes, found.transactions) == (["0", "0"], ["1", "2"])
    assert found.result["common"]["errormessage"].startswith("Intégration règlements des échéances terminée")
    assert service.firm.open_amounts() == [("", "EUR", "-5000.00")]
    assert service.firm.findings() == []


def test_the_token_is_nowhere_in_the_books_or_the_log(service: Service) -> None:
    token = service.token("clerk", "998")

    httpx.post(f"{service.url}/webservice?access_token={token}", json=page(token), headers={"X-Request-Id": "a-b.C_1"})

    assert token not in str(service.firm.rows())
    assert token not in str(service.logged)
    (line,) = service.logged
    assert line["event"] == "request"
    assert (line["request_id"], line["route"], line["status"], line["caller"]) == (
        "a-b.C_1",
        "/webservice",
        200,
        "till",
    )


# ---------------------------------------------------------------- who calls


@pytest.mark.parametrize(
    "sent",
    [
        {"content": BUSINESS.encode()},
        {"content": b""},
        {"json": page("lettrage_OTk4_" + "A" * 43)},
        {"data": page("wrong")},
        {"json": page("x"), "headers": {"authorization": "Basic eDp5"}},
    ],
    ids=["no token", "nothing", "of nobody", "no token of ours", "another scheme"],
)
def test_who_is_not_known_gets_401_in_the_same_shape(service: Service, sent: dict[str, Any]) -> None:
    response = httpx.post(f"{service.url}/webservice", **sent)

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    found = answer(response)
    assert (found.error, found.envelope["result"]) == (401, "")
    assert found.txterr.startswith("L'appelant n'est pas reconnu")


def test_a_token_behind_the_first_4_kib_is_not_looked_for(service: Service) -> None:
    token = service.token("clerk", "998")
    envelope = {"param": BUSINESS + " " * 4096, "access_token": token}

    assert httpx.post(f"{service.url}/webservice", json=envelope).status_code == 401


def test_wrong_tokens_are_slowed_and_valid_callers_go_on_unharmed(service: Service) -> None:
    wrong = [httpx.post(f"{service.url}/webservice", json=page("wrong")) for _ in range(13)]

    assert [response.status_code for response in wrong] == [401] * 10 + [429] * 3
    assert answer(wrong[-1]).error == 429
    assert int(wrong[-1].headers["retry-after"]) > 0
    with service.client("reader", "998") as client:
        assert client.get("/api/v1/items").status_code == 200


def test_a_dossier_of_others_and_an_unknown_one_are_one_answer(tmp_path: Path) -> None:
    with running(Firm(tmp_path, company("998"), company("999"))) as service:
        token = service.token("clerk", "998")
        answers = [
            httpx.post(f"{service.url}/webservice", json=page(token, BUSINESS.replace("998", dossier)))
            for dossier in ("999", "abc")
        ]

    assert [response.status_code for response in answers] == [403, 403]
    assert [answer(response).error for response in answers] == [403, 403]
    assert answers[0].text.replace("999", "?") == answers[1].text.replace("abc", "?")


def test_a_reader_may_not_settle(service: Service) -> None:
    response = httpx.post(f"{service.url}/webservice", json=page(service.token("reader", "998")))

    assert (response.status_code, answer(response).error) == (403, 403)


# ---------------------------------------------------------------- what cannot be carried out


def test_unreadable_text_is_told_with_200_once_the_caller_is_known(service: Service) -> None:
    response = httpx.post(f"{service.url}/webservice", json=page(service.token("clerk", "998"), "{'data': ["))

    assert response.status_code == 200
    assert answer(response).error == 1
    assert "Ligne 1" in answer(response).txterr


def test_a_document_beyond_the_limit_is_413(service: Service) -> None:
    token = service.token("clerk", "998")
    declared = httpx.post(f"{service.url}/webservice", content=bytes(3 * DOCUMENT.document_bytes + 1), timeout=30)
    content = f"access_token={token}&param={'x' * (DOCUMENT.document_bytes + 1)}".encode()
    sent = httpx.post(f"{service.url}/webservice", content=content, timeout=30)

    for response in (declared, sent):
        assert (response.status_code, answer(response).error) == (413, 413)


def test_a_busy_database_is_503_with_a_time_to_wait(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from lettrage.refusal import Refusal, StoreTrouble

    def busy(*_arguments: object) -> None:
        raise StoreTrouble(Refusal("database_locked", "--database", "books"))

    monkeypatch.setattr(service.store, "write", busy)
    response = httpx.post(f"{service.url}/webservice", json=page(service.token("clerk", "998")))

    assert (response.status_code, answer(response).error) == (503, 503)
    assert response.headers["retry-after"]


# ---------------------------------------------------------------- never twice


def test_the_same_document_50_times_in_parallel_is_one_effect_and_50_equal_answers(service: Service) -> None:
    with service.client("clerk", "998", **{"Idempotency-Key": "one"}) as client, ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: client.post("/webservice", content=BUSINESS.encode()), range(50)))

    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1
    assert sorted(response.headers.get("idempotency-replayed", "") for response in responses) == [""] + ["true"] * 49
    assert len(service.firm.entries()) == 2


def test_without_a_key_50_times_is_one_effect_and_equal_numbers(tmp_path: Path) -> None:
    firm = Firm(tmp_path, company(invoices=[invoice("87", "100.00")]))
    form = {"data": {"EnteteReglementtb": [header("PORCHQ", "100", pays("87", "100"))]}}
    with running(firm) as service, service.client("clerk", "998") as client, ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: client.post("/webservice", json=form), range(50)))

    assert {response.status_code for response in responses} == {200}
    assert {tuple(answer(response).transactions) for response in responses} == {("1",)}
    assert len(firm.entries()) == 1
    assert firm.findings() == []


@pytest.mark.parametrize("example", sorted(EXAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_every_example_of_the_source_over_http(example: Path, tmp_path: Path) -> None:
    expected = json.loads((example / "expected.json").read_text("utf-8"))
    with running(firm_of_example(tmp_path, example)) as service, service.client("clerk") as client:
        found = answer(client.post("/webservice", content=(example / "document.txt").read_bytes()))

    assert ["done" if code == "0" else code for code in found.codes] == expected["settlements"]
    assert len(set(found.transactions)) == expected["transactions"]

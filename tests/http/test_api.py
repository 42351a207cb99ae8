"""Our own API: the form of today, pages, refusals and problems."""

import base64
import json
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from lettrage.adapters.http import modern, people, reads, writes
from lettrage.adapters.http.calls import Admission
from lettrage.adapters.http.reading import FAULTS_TOLD
from lettrage.guard.roles import MATRIX, ROLES
from lettrage.refusal import Unreadable
from tests.http.service import Service, answer, problem, running
from tests.http.story import settled_firm
from tests.journeys.helpers import Firm, company, header, invoice, pays

ROUTES = [route for part in (reads, writes, people) for route in part.router.routes if isinstance(route, APIRoute)]
PAID: dict[str, Any] = {
    "direction": "encashment",
    "third_party": "C1",
    "amount": "300.00",
    "currency": "EUR",
    "state_change": "PORCHQ",
    "details": [{"third_party": "C1", "piece": "90", "amount": "300.00"}],
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(settled_firm(tmp_path)) as started:
        yield started


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client("accountant", "998") as opened:
        yield opened


def settle(client: httpx.Client, *settlements: dict[str, Any], key: str = "", **options: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/settlements", json={"settlements": settlements, **options}, headers=headers)


# ---------------------------------------------------------------- settlements in the form of today


def test_a_settlement_of_today_and_one_of_the_page_are_the_same_document(client: httpx.Client) -> None:
    mine = settle(client, PAID).json()
    form = {"data": {"EnteteReglementtb": [header("PORCHQ", "300", pays("90", "300"))]}}
    del form["data"]["EnteteReglementtb"][0]["DATE"]

    theirs = answer(client.post("/webservice", json=form))

    assert (mine["done"], mine["refused"], mine["settlements"][0]["outcome"]) == (1, 0, "done")
    assert theirs.transactions == [mine["settlements"][0]["transaction"]]


def test_what_is_refused_is_named_by_pointers_into_the_callers_own_text(client: httpx.Client) -> None:
    wrong = PAID | {"details": [{"third_party": "C1", "piece": "90", "amount": "299.00"}], "state_change": "NOWHERE"}
    faulty = {"direction": "encashment", "details": [{"amount": "1"}]}

    response = settle(client, wrong, faulty)

    assert response.status_code == 200
    found = response.json()
    assert (found["done"], found["refused"]) == (0, 2)
    paths = {(reason["code"], reason["path"]) for s in found["settlements"] for reason in s["reasons"]}
    assert {path.split("/")[1] for _, path in paths} == {"settlements"}
    assert ("missing_field", "/settlements/1/state_change") in paths


def test_a_dry_run_shows_the_plan_and_stores_nothing(service: Service, client: httpx.Client) -> None:
    before = service.firm.rows()

    found = settle(client, PAID, dry_run=True, log=True).json()

    assert found["settlements"] == [{"number": None, "outcome": "planned", "transaction": None, "reasons": []}]
    assert [line["debit"] for line in found["plan"]["entries"][0]["lines"]] == ["300.00", "0.00"]
    assert found["log"]
    assert service.firm.rows() == before


def test_a_key_gives_the_same_answer_and_another_content_is_409(client: httpx.Client) -> None:
    first, again = (settle(client, PAID, key="k1") for _ in range(2))
    other = settle(client, PAID | {"label": "autre"}, key="k1")

    assert first.content == again.content
    assert [r.headers.get("idempotency-replayed") for r in (first, again)] == [None, "true"]
    assert problem(other, 409)["code"] == "key_reused"


def test_50_times_in_parallel_is_one_effect_and_50_equal_answers(service: Service, client: httpx.Client) -> None:
    def until_served(_number: int) -> httpx.Response:
        """As any caller: on a machine that has much else to do, whoever waits for too long is asked to come back."""
        while (response := settle(client, PAID, key="one")).status_code == 503:
            time.sleep(int(response.headers["retry-after"]))
        return response

    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(until_served, range(50)))

    assert {(r.status_code, r.content) for r in responses} == {(200, responses[0].content)}
    assert sum(r.headers.get("idempotency-replayed") == "true" for r in responses) == 49
    assert service.firm.findings() == []


@pytest.mark.parametrize(
    ("content", "status", "codes"),
    [
        (b"", 400, ["syntax"]),
        (b"{", 400, ["syntax"]),
        (b'{"settlements": NaN}', 400, ["malformed_call"]),
        (b"[" * 100_000, 400, ["malformed_call"]),
        (b'{"settlements": []}', 422, ["malformed_field"]),
        (b'{"settlements": [{}], "settlements": []}', 422, ["given_twice"]),
        (b'{"settlements": [{"direction": 1, "amount": 12.5, "x": 1, "details": [{"amount": true}]}], "dry_run": 1}',
         422, ["malformed_field"] * 5),
        (b"\xff\xfe{\0}\0", 400, ["not_text"]),
        (b'{"settlements": [{"direction": "encashment", "date": "20240101", "label": "\\ud800", "details": [{}]}]}',
         422, ["malformed_field"] * 2),
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_refused_whole(
    client: httpx.Client, content: bytes, status: int, codes: list[str]
) -> None:
    response = client.post("/api/v1/settlements", content=content, headers={"content-type": "application/json"})

    assert [reason["code"] for reason in problem(response, status)["reasons"]] == codes


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ('{"settlements": [' + "0," * 100_000 + "0]}", 413, "too_many_settlements"),
        ('{"settlements": [{"details": [' + "0," * 50_000 + "0]}]}", 413, "too_many_details"),
        ("{" + ",".join(f'"{name}": 0' for name in range(100_000)) + "}", 400, "malformed_call"),
        ('{"settlements": [' + ",".join(['{"details": [{}, {"x": 1}]}'] * 9_000) + "]}", 422, "missing_field"),
    ],
    ids=["settlements", "details", "names", "faults"],
)
def test_more_than_a_document_may_hold_is_told_before_it_is_read(
    client: httpx.Client, content: str, status: int, code: str
) -> None:
    response = client.post("/api/v1/settlements", content=content, headers={"content-type": "application/json"})

    assert problem(response, status)["code"] == code
    assert len(response.json()["reasons"]) <= FAULTS_TOLD


def test_millions_of_wrong_settlements_cost_no_more_than_their_own_text() -> None:
    text = '{"settlements":[' + "0," * 1_000_000 + "0]}"
    tracemalloc.start()
    with pytest.raises(Unreadable):
        modern.read(text)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 100 * len(text)


# ---------------------------------------------------------------- keys


def test_a_key_of_the_page_in_its_single_form_is_refused_here(client: httpx.Client) -> None:
    tree = header("PORCHQ", "300", pays("90", "300"))
    del tree["DATE"]
    single = {"swinfinity": "integration_reglement", "parameters": {"response": "single"}}
    form = {"action": single, "data": {"EnteteReglementtb": [tree]}}
    headers = {"Idempotency-Key": "one"}
    there = client.post("/webservice", json=form, headers=headers)

    assert problem(settle(client, PAID, key="one"), 409)["code"] == "key_reused"
    assert client.post("/webservice", json=form, headers=headers).content == there.content


def test_a_key_used_here_is_answered_to_the_page(client: httpx.Client) -> None:
    mine = settle(client, PAID, key="one").json()
    tree = header("PORCHQ", "300", pays("90", "300"))
    del tree["DATE"]
    single = {"swinfinity": "integration_reglement", "parameters": {"response": "single"}}
    form = {"action": single, "data": {"EnteteReglementtb": [tree]}}

    theirs = client.post("/webservice", json=form, headers={"Idempotency-Key": "one"})

    assert answer(theirs).transactions == [mine["settlements"][0]["transaction"]]


def test_an_act_is_given_again_as_it_was_given(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again = (client.post("/api/v1/slips", json={"bank": "BNP"}, headers=headers) for _ in range(2))

    assert (first.status_code, first.content) == (200, again.content)
    assert [r.headers.get("idempotency-replayed") for r in (first, again)] == [None, "true"]


def test_a_refused_act_is_given_again_too(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again = (
        client.post("/api/v1/transactions/1/cancel", json={"reason": "x"}, headers=headers) for _ in range(2)
    )

    assert problem(first, 409)["reasons"] == problem(again, 409)["reasons"]
    assert [r.headers.get("idempotency-replayed") for r in (first, again)] == [None, "true"]


@pytest.mark.parametrize("code", [["x"], {"x": "1"}, 1])
def test_a_dossier_whose_code_is_none_is_refused_by_the_load(service: Service, code: object) -> None:
    with service.client(dossier="998") as client:
        refused = client.post("/api/v1/load", json={"dossiers": [{"code": code, "name": "x", "currency": "EUR"}]})

    assert refused.status_code in (403, 422), refused.text
    if not isinstance(code, int):
        assert problem(refused, 422)["reasons"][0]["path"] == "dossiers[0].code"


def test_only_what_is_done_once_under_a_key_takes_one(client: httpx.Client) -> None:
    described = client.get("/api/v1/openapi.json").json()["paths"]
    keyed = {
        operation["operationId"]
        for methods in described.values()
        for operation in methods.values()
        if any(parameter["name"] == "idempotency-key" for parameter in operation.get("parameters", ()))
    }

    acts = {"settle", "cancel", "unpaid", "make_slip", "cancel_slip", "close_task"}
    acts |= {"make_lettering", "undo_lettering", "offset", "declare", "report_refused", "say_status", "tell_again"}
    acts |= {"add_draft", "change_draft", "drop_draft", "validate", "reverse", "claim_interest"}
    acts |= {"lock", "unlock", "close_year", "bank_import", "bank_accept", "bank_undo"}
    acts |= {"make_payment", "pay_due", "payment_answer", "cancel_payment", "payment_executed"}
    assert keyed == acts | {f"{act}_invoice" for act in ("register", "send", "resend", "release")} | {"import_invoices"}


# ---------------------------------------------------------------- pages


def pages(client: httpx.Client, path: str, limit: int, **criteria: str) -> list[Any]:
    """Every line of a list, page by page."""
    lines: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = client.get(f"/api/v1{path}", params={"limit": str(limit)} | criteria | cursor).json()
        assert len(page["data"]) <= limit
        lines += page["data"]
        if page["next"] is None:
            return lines
        cursor = {"cursor": page["next"]}


def test_pages_of_items_hold_every_line_once_in_the_order_of_the_command(tmp_path: Path) -> None:
    numbers = ["10", "9", "A7", "0010", "010", "Z", "100", "a7", "é"]
    firm = Firm(tmp_path, company(invoices=[invoice(n, "10.00", "20.00") for n in numbers]))
    firm.done(header("PORCHQ", "50.00", {"AMOUNT": "50", "OPERATION": "WAR"}))
    with running(firm) as service, service.client("reader") as client:
        by_page = {limit: pages(client, "/items", limit, all="true") for limit in (1, 2, 7, 1000)}

    assert all(lines == by_page[1000] for lines in by_page.values())
    assert by_page[1000] == firm.items()
    assert [line["piece"] for line in by_page[1000][:4]] == ["9", "0010", "010", "10"]


@pytest.mark.parametrize("path", ["/items", "/entries", "/portfolio", "/third-parties", "/slips", "/logbook"])
def test_every_list_is_the_same_in_pages_of_one(client: httpx.Client, path: str) -> None:
    one_by_one, at_once = pages(client, path, 1), pages(client, path, 1000)

    assert one_by_one == at_once
    assert at_once


def test_a_cursor_is_bound_to_its_list_and_criteria(client: httpx.Client) -> None:
    cursor = client.get("/api/v1/entries", params={"limit": 1}).json()["next"]

    for path, more in (("/items", {}), ("/entries", {"from": "2024-01-01"}), ("/entries", {"cursor": "x"})):
        found = client.get(f"/api/v1{path}", params={"cursor": cursor} | more)
        assert problem(found, 422)["code"] == "other_cursor"


# ---------------------------------------------------------------- problems


def test_each_refusal_of_a_call_is_a_problem(service: Service, client: httpx.Client) -> None:
    asked = client.post
    json_type = {"content-type": "application/json"}
    problem(client.get("/api/v1/nothing"), 404)
    allow = client.put("/api/v1/slips")
    problem(allow, 405)
    assert allow.headers["allow"] == "GET, POST"
    problem(client.get("/api/v1/transactions/999"), 404)
    problem(client.get("/api/v1/transactions/x"), 404)
    problem(client.get("/api/v1/slips/none"), 404)
    problem(client.get("/api/v1/logbook/999"), 404)
    problem(client.get("/api/v1/items", params={"limit": "1001"}), 422)
    problem(client.get("/api/v1/items", params={"all": "1"}), 422)
    problem(client.get("/api/v1/items?limit=1&limit=2"), 422)
    problem(client.get("/api/v1/items", params={"dossier": "other"}), 403)
    problem(asked("/api/v1/settlements", content=b"{}", headers={"content-type": "text/plain"}), 415)
    problem(asked("/api/v1/settlements", content=b" " * (8 * 2**20 + 1), headers=json_type), 413)
    problem(asked("/api/v1/transactions/999/cancel", json={"reason": "x"}), 404)
    problem(asked("/api/v1/transactions/1/cancel", json={"reason": "x"}), 409)
    problem(asked("/api/v1/transactions/1/cancel", json={"reason": ""}), 422)
    problem(asked("/api/v1/load", json={"dossiers": []}), 403)
    problem(asked("/api/v1/tasks", json={"transaction": "1", "piece": "x", "credit_note": "y"}), 404)
    long = {"Idempotency-Key": "k" * 101}
    problem(asked("/api/v1/settlements", json={"settlements": [PAID]}, headers=long), 422)
    problem(httpx.get(f"{service.url}/api/v1/items"), 401)


def test_the_language_of_a_problem_is_the_callers(client: httpx.Client) -> None:
    said = {
        accepted: client.get("/api/v1/nothing", headers={"Accept-Language": accepted}).json()["title"]
        for accepted in ("fr", "en-GB, fr;q=0.5", "de", "fr;q=0.1, en;q=0.9", "*")
    }

    assert list(said.values()) == ["Introuvable", "Not found", "Introuvable", "Not found", "Introuvable"]


def test_the_type_of_a_problem_leads_to_its_meaning(client: httpx.Client) -> None:
    kind = problem(client.get("/api/v1/nothing"), 404)["type"]

    assert client.get(kind).json()["code"] == "no_such_address"


def test_an_internal_error_says_nothing_but_its_reference(
    service: Service, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("secret value")

    monkeypatch.setattr(service.firm.store, "audit", broken)
    response = client.get("/api/v1/verify")

    found = problem(response, 500)
    assert "secret" not in response.text
    assert response.headers["x-request-id"] in found["detail"]
    service.stop()  # the log is written behind the answer
    (logged,) = [line for line in service.logged if line["event"] == "internal_error"]
    assert (logged["request_id"], logged["error"]) == (response.headers["x-request-id"], "RuntimeError")
    assert "secret value" not in str(service.logged)


# ---------------------------------------------------------------- who may


def action_of(route: APIRoute) -> str:
    (admission,) = [d.call for d in route.dependant.dependencies if isinstance(d.call, Admission)]
    return admission.action


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.path}-{route.methods}")
def test_every_route_asks_for_an_action_of_the_matrix(route: APIRoute) -> None:
    assert action_of(route) in MATRIX


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_the_matrix_says_and_nothing_else(service: Service, role: str) -> None:
    with service.client(role, "998", name=f"a-{role}") as client:
        for route in ROUTES:
            path = route.path.replace("{number}", "0").replace("{name}", "nobody").replace("{code}", "C1")
            for method in route.methods or ():
                found = client.request(method, path, json={} if method == "POST" else None)
                refused = found.status_code == 403 and found.json()["code"] == "not_allowed"
                assert refused == (role not in MATRIX[action_of(route)]), (role, method, path, found.text)


def test_an_administrator_of_one_dossier_stays_in_it(tmp_path: Path) -> None:
    with running(Firm(tmp_path, company("998"), company("999"))) as service, service.client(dossier="998") as client:
        outside = [
            client.post("/api/v1/users/tokens", json={"name": "x", "role": "reader", "dossier": "999"}),
            client.post("/api/v1/users", json={"name": "x", "role": "reader", "dossier": "*"}),
            client.get("/api/v1/users?dossier=999"),
            client.post("/api/v1/load", json={"dossiers": [{"code": "999", "name": "x", "currency": "EUR"}]}),
            client.post("/api/v1/load?dossier=999&table=rates", content=b"a", headers={"content-type": "text/csv"}),
        ]
        made = client.post("/api/v1/users/tokens", json={"name": "x", "role": "reader"}).json()["token"]

    assert [response.status_code for response in outside] == [403] * 5
    found = service.firm.store.identify(made)
    assert found is not None
    assert found.dossiers == frozenset({"998"})


@pytest.mark.parametrize(
    "position", ["[1]", '[1, "a"]', '["", 1180591620717411303424, 1, "", "", 1]', '["\\u0000", 1]']
)
@pytest.mark.parametrize("path", ["/items", "/entries", "/portfolio", "/tasks", "/third-parties"])
def test_a_cursor_that_was_made_up_is_told(client: httpx.Client, path: str, position: str) -> None:
    own = client.get("/api/v1/items", params={"limit": 1}).json()["next"]
    bound = {"/items": own}.get(path) or client.get(f"/api/v1{path}", params={"limit": 1}).json()["next"]
    criteria = json.loads(base64.urlsafe_b64decode((bound or own) + "=="))[0]
    made_up = base64.urlsafe_b64encode(f'["{criteria}", {position[1:]}'.encode()).decode().rstrip("=")

    found = client.get(f"/api/v1{path}", params={"cursor": made_up})

    assert problem(found, 422)["code"] == "other_cursor"


def test_the_days_at_the_ends_of_the_calendar_are_days(client: httpx.Client) -> None:
    every = client.get("/api/v1/logbook").json()

    assert every["data"]
    for limits in ({"from": "0001-01-01"}, {"to": "9999-12-31"}, {"from": "0001-01-01", "to": "9999-12-31"}):
        assert client.get("/api/v1/logbook", params=limits).json() == every
        assert client.get("/api/v1/entries", params=limits).status_code == 200


def test_an_address_with_control_characters_names_nothing(service: Service) -> None:
    with service.client() as client:
        found = [
            client.get("/api/v1/slips/a%00b"),
            client.get("/api/v1/slips/a%00b/pdf"),
            client.post("/api/v1/slips/a%00b/cancel", json={}),
            client.post("/api/v1/users/a%00b/close"),
        ]
        unknown = client.post("/api/v1/users/tokens/revoke", json={"shown": "lettrage_AA_aaaaaaaa"})

    assert [problem(response, 422)["code"] for response in found] == ["malformed_field"] * 4
    assert problem(unknown, 404)["code"] == "no_such_token"


def test_all_due_items_are_those_of_the_command(client: httpx.Client, service: Service) -> None:
    advance = {**PAID, "amount": "50.00", "details": [{"third_party": "C1", "operation": "advance", "amount": "50.00"}]}
    made = settle(client, advance).json()["settlements"][0]["transaction"]
    assert client.post(f"/api/v1/transactions/{made}/cancel", json={"reason": "erreur"}).status_code == 200

    assert client.get("/api/v1/items?all=true").json()["data"] == service.firm.items()


def test_third_parties_and_statements_are_those_of_the_commands(client: httpx.Client, service: Service) -> None:
    firm = service.firm
    today = firm.clock.today()
    with firm.store.books("998", writing=False) as books:
        home = books.company.currency
        some, every = (books.third_parties(today, home, everything=everything) for everything in (False, True))
        statement = books.statement("C1", today, home)

    assert (pages(client, "/third-parties", 1), pages(client, "/third-parties", 1, all="true")) == (some, every)
    assert client.get("/api/v1/third-parties/C1/statement").json() == statement
    assert problem(client.get("/api/v1/third-parties/NOBODY/statement"), 404)["code"] == "unknown_third_party"


def test_aliases_of_the_commands(client: httpx.Client) -> None:
    assert client.get("/api/v1/transaction/1").json() == client.get("/api/v1/transactions/1").json()
    assert client.post("/api/v1/settle", json={"settlements": [PAID]}).json()["done"] == 1

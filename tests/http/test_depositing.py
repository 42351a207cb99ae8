"""Sending over our own API: the same call again, and numbers that are hard to write in an address."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.http.service import Service, running
from tests.invoicing.brought import bring, firm_of, form


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    firm = firm_of(tmp_path)
    bring(firm, form("F1"), form("A/1"), form("A%2F1"))
    with running(firm) as started:
        yield started


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client("administrator", "998") as opened:
        yield opened


def test_the_same_call_again_is_answered_as_before_without_another_check(client: httpx.Client) -> None:
    keyed = {"Idempotency-Key": "one"}
    first, again = (client.post("/api/v1/invoices/F1/send", json={}, headers=keyed) for _ in range(2))

    assert [answer.status_code for answer in (first, again)] == [200, 200]
    assert first.json()["state"] == "intended"
    assert first.json()["findings"]
    assert again.json() == first.json()
    assert [answer.headers.get("idempotency-replayed") for answer in (first, again)] == [None, "true"]


@pytest.mark.parametrize(("written", "number"), [("A%2F1", "A/1"), ("A%2f1", "A/1"), ("A%252F1", "A%2F1")])
def test_a_number_is_decoded_once(client: httpx.Client, written: str, number: str) -> None:
    assert client.get(f"/api/v1/invoices/{written}").json()["number"] == number

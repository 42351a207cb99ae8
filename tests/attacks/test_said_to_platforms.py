"""What people say to an approved platform, over HTTP: hostile texts and files, numbers of what is not theirs."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import httpx
import msgspec
import pytest
from lxml import etree

from lettrage.guard.roles import ROLES
from lettrage.invoicing.doors import PRODUCTION
from lettrage.invoicing.doors import QUALIFICATION as APPROVED
from lettrage.invoicing.formats.cdar_read import read
from lettrage.invoicing.sending.outbox import Said, Saying
from tests.databases import edit
from tests.http.service import Service, running
from tests.invoicing import samples
from tests.lifecycle.carried import Carried, dated

pytestmark = samples.needed
CASE = samples.FOLDER / "fr-ctc" / "xp-z12-014" / "UC1"
TEXTS = (
    "a\x00b", "a\x0bb", "\x1b[31mred", "a\x7f\x85b", "\uffff\ufffe", "😀" * 500, "\u202egpj.exe", "a\u2028b\r\nc\td",
    "]]><![CDATA[<x/>]]>", "&lol; <!DOCTYPE x [<!ENTITY lol 'x'>]>", "</ram:Content></ram:IncludedNote><evil/>",
    "e" + "\u0301" * 1_999, "é" * 2_000, "\u200b", "=HYPERLINK(\"x\")", "%s{0}${x}",
)  # fmt: skip
NAMES = ("../../etc/passwd", "..", 'a".pdf', "a/b.pdf", "C:\\a.pdf", "a\r\nX: y", "\u202efdp.exe", "😀.pdf", "<a>&.xml")
Post = Callable[..., httpx.Response]


class Heard(Carried):
    """A firm one of whose invoices the platform has. `number`: the invoice's."""

    number = ""


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    monkeypatch.setenv("LETTRAGE_KEYS", str(tmp_path / "keys.json"))
    made = Heard(tmp_path)
    made.number = made.carry(dated(next(CASE.glob("*_CII.xml")).read_bytes()))
    yield made
    made.store.close()


@pytest.fixture
def service(firm: Heard) -> Iterator[Service]:
    with running(firm) as service:
        yield service


@pytest.fixture
def post(firm: Heard, service: Service) -> Iterator[Post]:
    tokens = {role: firm.store.accounts.issue(f"a {role}", role, firm.dossier) for role in ROLES}
    keys = iter(range(10_000))

    def call(path: str, body: Any, role: str = "clerk", key: str = "") -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {tokens[role]}",
            "Content-Type": "application/json",
            "Idempotency-Key": key or str(next(keys)),
        }
        return httpx.post(f"{service.url}/api/v1{path}", content=content, headers=headers, timeout=60)

    yield call
    assert not [line for line in service.logged if line.get("event") == "internal_error"]


def _files(firm: Heard) -> list[bytes]:
    rows = firm.ask("SELECT content FROM flow WHERE dossier = '998' AND syntax = 'CDAR' ORDER BY id")
    return [bytes(content) for (content,) in rows]


def test_a_hostile_comment_is_text_and_nothing_else(firm: Heard, post: Post) -> None:
    for text in TEXTS:
        answer = post(f"/invoices/{firm.number}/status", {"status": "209", "comment": text})
        assert answer.status_code == 200, (text, answer.text)
    files = _files(firm)
    assert len(files) == len(TEXTS)
    for text, content in zip(TEXTS, files, strict=True):
        message = read(content).message
        assert message is not None
        (detail,) = message.acknowledgements[0].references[0].details
        assert not etree.fromstring(content).xpath("//*[local-name()='evil']")
        plain = "".join(c for c in text if c.isalnum())
        assert "".join(c for c in detail.notes[0].text if c.isalnum()) == plain


def test_a_file_has_the_name_that_it_was_given_and_no_place(firm: Heard, post: Post) -> None:
    """Through the API no file could be given at all: its base64 was taken for no bytes."""
    for n, name in enumerate(NAMES):
        given = [{"name": name, "content": base64.b64encode(b"file %d" % n).decode()}]
        answer = post(f"/invoices/{firm.number}/status", {"status": "209", "comment": str(n), "files": given})
        assert answer.status_code == 200, (name, answer.text)
    attached = [
        one
        for content in _files(firm)
        if (message := read(content).message) is not None
        for one in message.acknowledgements[0].references[0].attachments
    ]
    assert [one.content for one in attached] == [b"file %d" % n for n in range(len(NAMES))]
    assert [one.filename for one in attached] == [
        "passwd", "fichier", 'a".pdf', "b.pdf", "a.pdf", "a__X: y", "_fdp.exe", "😀.pdf", "<a>&.xml",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content", ["", "x", "eA", "eA=", "=eA=", "e A=", "é", "eA==\n", None, 7, ["eA=="], {"a": "eA=="}]
)
def test_what_is_no_base64_is_no_file(content: Any, firm: Heard, post: Post) -> None:
    given = {"status": "209", "comment": "x", "files": [{"name": "a.pdf", "content": content}]}
    answer = post(f"/invoices/{firm.number}/status", given)
    assert answer.status_code == (200 if content == "" else 422), answer.text


@pytest.mark.parametrize("field", ["comment", "instead", "bank", "status", "third_party"])
def test_half_a_character_is_refused_where_it_stands(field: str, firm: Heard, post: Post) -> None:
    """It was an internal error: no store can write it."""
    for escape in ("\\ud800", "\\udc00", "\\udc00\\ud800"):
        body = f'{{"status":"209","comment":"c","{field}":"{escape}"}}' if field != "comment" else ""
        answer = post(f"/invoices/{firm.number}/status", (body or f'{{"comment":"{escape}"}}').encode())
        assert answer.status_code in (400, 422), answer.text
    assert _files(firm) == []


@pytest.mark.parametrize("path", ["/bank/lines/1/undo", "/declarations/reports/1/refused", "/transactions/1/cancel"])
def test_half_a_character_is_refused_everywhere(path: str, post: Post) -> None:
    answer = post(path, b'{"reason": "\\ud800"}', "accountant")
    assert answer.status_code in (400, 404, 405, 422), answer.text


def test_every_text_has_a_length(firm: Heard, post: Post) -> None:
    for given in ({"status": "209", "comment": "x" * 2_001}, {"status": "220", "instead": "9" * 81}):
        answer = post(f"/invoices/{firm.number}/status", given)
        assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (422, "too_long")
    for given in ({"status": "9" * 10**6}, {"status": "227", "bank": "9" * 10**6}):
        assert len(post(f"/invoices/{firm.number}/status", given).text) < 10_000
    assert _files(firm) == []


def test_the_same_status_said_by_twenty_at_once_is_said_once(firm: Heard, post: Post) -> None:
    start, told = Barrier(20), []

    def say(_n: int) -> None:
        start.wait()
        told.append(post(f"/invoices/{firm.number}/status", {"status": "209", "comment": "complet"}).status_code)

    threads = [Thread(target=say, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [200, *[409] * 19]
    assert len(_files(firm)) == 1


# ---------------------------------------------------------------- told again


def _refused(firm: Heard, platform: str = APPROVED, kind: Any = "status", key: str = "k") -> int:
    """A message that the platform refused."""
    saying = Saying(
        kind, key, None, "212", firm.clock.now(), "{}", "x.xml", "CDAR" if kind == "status" else "FRR", b"<x/>"
    )
    (number,) = firm.store.write("998", lambda books: books.say([saying], platform, "anna", firm.clock.now()))

    def refuse(books: Any) -> None:
        (message,) = (one for one in books.said(kind, platform) if one.id == number)
        books.set_messages([_with(message, outcome="rejected", errors=(Said("no"),))])

    firm.store.write("998", refuse)
    return number


def _with(message: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(message, **changes)


def _stands(firm: Heard, number: int) -> bool:
    return bool(firm.ask(f"SELECT stands FROM message WHERE dossier = '998' AND id = {number}")[0][0])


def test_only_a_status_of_the_platform_that_is_on_is_told_again(firm: Heard, post: Post) -> None:
    """A clerk freed reports, which only an accountant declares, and from qualification those of production."""
    edit(firm.address, "DELETE FROM job")
    report = _refused(firm, kind="report", key="report/2027-07-01/2027-07-31/1")
    production = _refused(firm, PRODUCTION)
    ours = _refused(firm, key="ours")

    for number in (report, production):
        answer = post(f"/messages/{number}/again", {})
        assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (404, "no_message_to_tell_again")
        assert _stands(firm, number)
    assert post(f"/messages/{ours}/again", {}, "reader").status_code == 403
    assert post(f"/messages/{ours}/again", {}).status_code == 200
    assert not _stands(firm, ours)

"""Tokens: shown once, kept as digests, each for one dossier or for all; any text at all may be asked for."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lettrage.acts import perform
from lettrage.acts.cancel import Cancel
from lettrage.adapters.store import accounts, schema
from lettrage.adapters.store.accounts import CACHE_SECONDS
from lettrage.adapters.store.books import SqlStore
from lettrage.caller import Caller
from lettrage.guard.identity import Identity
from lettrage.guard.tokens import masked, read_token, token_text
from lettrage.refusal import Refusal, Stop, quoted
from tests.journeys.helpers import Firm, MovableClock, Ran, company, header, pays, run_here

SECRET = bytes(range(32))


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    return Firm(tmp_path, company("998"), company("Café_2"))


def test_a_token_says_its_dossier_and_is_kept_as_a_digest_only(firm: Firm) -> None:
    text = firm.store.accounts.issue("till", "clerk", "Café_2")

    (row,) = firm.rows()["token"]
    assert row[:2] == ("Café_2", hashlib.sha256(text.encode()).hexdigest())
    assert text not in repr(firm.rows())
    assert text.startswith(row[4])
    assert len(text) - len(row[4]) > 30
    assert firm.store.identify(text) == Identity("till", "clerk", frozenset({"Café_2"}))


def test_a_token_without_a_dossier_is_for_all(firm: Firm) -> None:
    text = firm.store.accounts.issue("chief", "accountant", "")

    assert firm.store.identify(text) == Identity("chief", "accountant", None)


def test_a_new_token_of_an_account_is_the_same_caller(firm: Firm) -> None:
    first, second = (firm.store.accounts.issue("till", "clerk", "998") for _ in range(2))

    assert first != second
    assert firm.store.identify(first) == firm.store.identify(second)
    assert len(firm.rows()["account"]) == 1


def test_a_revoked_token_is_unknown_at_once(firm: Firm) -> None:
    kept, gone = (firm.store.accounts.issue("till", "clerk", "998") for _ in range(2))
    assert firm.store.identify(gone)
    shown = read_token(gone)
    assert shown

    assert firm.store.accounts.revoke(shown.shown, "Café_2") == 0, "not a token of that dossier"
    assert firm.store.accounts.revoke(shown.shown, "") == 1
    assert firm.store.accounts.revoke(shown.shown, "") == 0

    assert firm.store.identify(gone) is None
    assert firm.store.identify(kept)


def test_revoked_elsewhere_it_is_unknown_within_seconds(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    text = firm.store.accounts.issue("till", "clerk", "998")
    other = SqlStore(firm.address, MovableClock())
    passed = 0.0
    # Not `time.monotonic` itself: loops of other threads measure by it, and would sleep for hours.
    monkeypatch.setattr(accounts, "time", SimpleNamespace(monotonic=lambda: passed))
    assert firm.store.identify(text)

    other.accounts.revoke_all("till", "998")
    passed = CACHE_SECONDS

    assert firm.store.identify(text) is None


def test_a_closed_account_has_no_token_left_even_when_it_is_opened_again(firm: Firm) -> None:
    text = firm.store.accounts.issue("till", "clerk", "998")

    assert firm.store.accounts.close("till", "998") == 1
    assert firm.store.identify(text) is None
    firm.store.accounts.add("till", "reader", "998")

    assert firm.store.identify(text) is None
    assert [(a["name"], a["role"], a["closed_at"]) for a in firm.store.accounts.listed("998")] == [
        ("till", "reader", None)
    ]


def test_the_accounts_of_two_dossiers_do_not_meet(firm: Firm) -> None:
    accounts = firm.store.accounts
    here, there = accounts.issue("till", "clerk", "998"), accounts.issue("till", "reader", "Café_2")

    accounts.close("till", "998")

    assert firm.store.identify(here) is None
    assert firm.store.identify(there) == Identity("till", "reader", frozenset({"Café_2"}))
    assert [a["dossier"] for a in accounts.listed("")] == ["998", "Café_2"]


@pytest.mark.parametrize("dossier", ["999", schema.EVERY_DOSSIER, "99", "998 "])
def test_there_is_no_account_in_a_dossier_that_is_not_there(firm: Firm, dossier: str) -> None:
    with pytest.raises(Stop) as caught:
        firm.store.accounts.issue("till", "clerk", dossier)

    assert (caught.value.refusal.code, caught.value.error) == ("unknown_dossier", 403)
    assert firm.rows()["account"] == []


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 81, " till", "\x1b[2J"])
def test_a_name_is_1_to_80_printable_characters(firm: Firm, name: str) -> None:
    with pytest.raises(Stop) as caught:
        firm.store.accounts.add(name, "clerk", "")

    assert caught.value.refusal.code == "malformed_option"


def test_an_account_open_in_another_role_is_not_changed_by_the_way(firm: Firm) -> None:
    firm.store.accounts.add("till", "clerk", "")
    firm.store.accounts.add("till", "clerk", "")

    with pytest.raises(Stop) as caught:
        firm.store.accounts.add("till", "administrator", "")

    assert caught.value.refusal.code == "account_exists"
    assert caught.value.refusal.expected == "clerk"


# ---------------------------------------------------------------- hostile text

HOSTILE = [
    "", "lettrage_", "lettrage__" + "a" * 43, "lettrage_Kg_" + "a" * 42, "lettrage_Kg_" + "a" * 43 + "\n",
    "lettrage_AA_" + "a" * 43, "lettrage__w_" + "a" * 43, "lettrage_A_" + "a" * 43, "Kg", "\x00", "\ud800" * 60,
    "lettrage_Kg_" + "é" * 43, "lettrage_Kg_" + "٣" * 43, "lettrage_" + "A" * 1_000_000 + "_" + "a" * 43,
    "lettrage_Kg_" * 100_000, "' OR 1=1 --", "_" * 1_000_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_any_text_may_be_asked_for(firm: Firm, text: str) -> None:
    firm.store.accounts.issue("chief", "administrator", "")

    assert firm.store.identify(text) is None


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=80))
def test_every_dossier_fits_in_a_token(dossier: str) -> None:
    text = token_text(dossier, SECRET)

    token = read_token(text)
    assert token is not None
    assert token.dossier == dossier
    shorter = read_token(text[:-1])  # what is cut may still look like a token: of another dossier
    assert shorter is None or (shorter.dossier != dossier and shorter.digest != token.digest)
    assert read_token(token.shown) is None


@given(st.text(st.characters()) | st.from_regex(r"lettrage_[\w=/+-]*_[\w-]{40,45}"))
def test_nothing_that_is_no_token_raises(text: str) -> None:
    token = read_token(text)

    assert token is None or text == text.strip()


# ---------------------------------------------------------------- masked wherever it stands

TOKEN = token_text("998", SECRET)

MISPLACED = {
    "label": header("PORCHQ", "100", pays("1", "100"), LIB=f"paid with {TOKEN}."),
    "piece": header("PORCHQ", "100", pays(TOKEN, "100")),
    "number": header("PORCHQ", "100", pays("1", "100"), REGLEMENTNUM=TOKEN),
    "state change": header(TOKEN, "100", pays("1", "100")),
    "unknown name": header("PORCHQ", "100", pays("1", "100"), **{TOKEN: "1"}),
    "jeton": header("PORCHQ", "100", pays("1", "100"), jeton=TOKEN),
    "header of HTTP": header("PORCHQ", "100", pays("1", "100"), Authorization=f"Bearer {TOKEN}"),
    "cut where it is quoted": header("PORCHQ", "x" * 40 + TOKEN, pays("1", "100")),
}


@pytest.mark.parametrize("place", MISPLACED)
def test_a_misplaced_token_is_neither_kept_nor_echoed(firm: Firm, place: str) -> None:
    text = json.dumps({"EnteteReglementtb": [MISPLACED[place]]})

    for sent in (text, text.replace("lettrage_", "lettrage\\u005f")):
        answer = firm.send_text(sent, dossier="998")
        assert _secret_of(TOKEN) not in answer.text
    raw = [bytes(row[0]) for row in firm.ask("SELECT raw FROM document")]
    assert raw
    assert _secret_of(TOKEN) not in str([raw, firm.ask("SELECT remarks FROM document")])


def test_a_token_as_the_dossier_is_not_echoed(firm: Firm) -> None:
    answer = firm.send_text(json.dumps({"action": {"parameters": {"dos": TOKEN}}, "data": {"EnteteReglementtb": []}}))

    assert answer.error == 403
    assert "lettrage_*****" in answer.text
    assert _secret_of(TOKEN) not in answer.text


def test_a_token_as_the_reason_of_an_act_is_not_kept(firm: Firm) -> None:
    perform(Cancel(4711, f"wrong {TOKEN}"), Caller("chief", "command line", "998"), firm.store, firm.clock)

    (raw,) = (bytes(row[0]) for row in firm.ask("SELECT raw FROM document"))
    assert b"wrong lettrage_*****" in raw
    assert _secret_of(TOKEN).encode() not in raw


def test_a_refusal_carries_no_token() -> None:
    refusal = Refusal("unknown_dossier", TOKEN, TOKEN, f"<{TOKEN}>", {"name": TOKEN})

    assert _secret_of(TOKEN) not in repr(refusal)
    assert _secret_of(TOKEN) not in quoted("x" * 40 + TOKEN)


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=80),
    st.binary(min_size=32, max_size=32),
)
def test_every_token_is_masked(dossier: str, secret: bytes) -> None:
    token = token_text(dossier, secret)

    kept = masked(f"['{token}_x', '{token}']").decode()
    assert token not in kept
    assert len(kept) == len(f"['{token}_x', '{token}']")


@pytest.mark.parametrize(
    "text", ["lettrage_test_database", "lettrage_OTk4_AAECAwQF", "/srv/lettrage_" + "x" * 60, "lettrage_"]
)
def test_what_is_no_token_stays(text: str) -> None:
    assert masked(text) == text.encode()


def test_an_escaped_quote_does_not_end_the_value() -> None:
    assert masked(r'{"access_token": "abc\u0022, SECRET", "dos": "998"}') == b'{"access_token": "***", "dos": "998"}'
    assert b"SECRET" not in masked(r'{"param": "{\u0022access\u005ftoken\u0022: \u0022SECRET\u0022}"}')


def _secret_of(token: str) -> str:
    return token[-30:][:16]  # even a part of it


SLOW: dict[str, Callable[[int], str]] = {
    "backslashes after a name": lambda n: '"token"' + "\\" * n,
    "backslashes before nothing": lambda n: '"access_token": \\"' + "\\" * n + "x",
    "quotes in brackets": lambda n: '"access_token": ["' + '\\"' * (n // 2),
    "quotes in brackets, cut in an escape": lambda n: '"access_token": ["' + '\\"' * (n // 2) + "\\",
    "apostrophes in brackets": lambda n: '"access_token": [' + "'x" * (n // 2),
    "brackets": lambda n: '"access_token": ' + "[" * n,
    "lists without end": lambda n: '"access_token": [' * (n // 17),
    "texts without end": lambda n: "'access_token': \\\"x" * (n // 19),
    "quotes in a text": lambda n: '"access_token": "' + '"' * n,
    "quotes and blanks": lambda n: '"access_token": "' + ('"' + " " * 1000) * (n // 1000),
    "a long name": lambda n: '"acc' + "token" * (n // 5),
    "blanks after a name": lambda n: '"access_token' + " " * n,
    "blanks before a name": lambda n: '"access_token" "' + " " * n,
    "escapes": lambda n: "token" + "\\u005" * (n // 5) + "\\" * n,
    "shapes": lambda n: "lettrage_" * (n // 9),
    "almost shapes": lambda n: ("lettrage_" + "A" * 80 + " ") * (n // 90),
}


def _seconds(text: str) -> float:
    best = 60.0
    for _ in range(3):
        start = time.process_time()
        masked(text)
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("kind", SLOW)
def test_twice_the_text_takes_about_twice_as_long_to_mask(kind: str) -> None:
    once, twice, four = (_seconds(SLOW[kind](n)) for n in (250_000, 500_000, 1_000_000))

    # A quadratic mask would need four times as long; five milliseconds are left to chance.
    assert twice < 3 * once + 0.005
    assert four < 3 * twice + 0.005
    assert four < 1


# ---------------------------------------------------------------- the command line


def test_a_token_is_printed_alone_and_makes_account_and_database(tmp_path: Path) -> None:
    made = run_here("user", "token", "till", "--role", "clerk", folder=tmp_path)
    again = run_here("user", "token", "till", "--role", "clerk", "--json", folder=tmp_path)

    assert (made.status, made.err) == (0, "")
    assert made.out.count("\n") == 1
    (account,) = run_here("user", "list", "--json", folder=tmp_path).json
    assert (account["name"], account["dossier"], account["role"]) == ("till", None, "clerk")
    shown = [token["shown"] for token in account["tokens"]]
    assert made.out.startswith(shown[0])
    assert again.json["token"].startswith(shown[1])
    assert list(again.json) == ["token"]
    assert made.out.strip() not in run_here("user", "list", folder=tmp_path).out


def test_the_commands_about_people(firm: Firm, tmp_path: Path) -> None:
    at = ("--database", firm.address)

    def user(*arguments: str) -> Ran:
        return run_here("user", *arguments, *at, folder=tmp_path)

    assert user("add", "Zoé", "--role", "accountant", "--dossier", "998").status == 0
    assert user("list", "--dossier", "998", "--json").json[0]["tokens"] == []
    text = user("token", "Zoé", "--role", "reader", "--dossier", "998").out.strip()
    assert firm.store.identify(text) == Identity("Zoé", "reader", frozenset({"998"}))
    assert user("revoke", text).status == 2, "the whole token is not what user list shows"
    assert user("revoke").status == 2
    assert user("revoke", "--all", "Zoé", "--dossier", "998").status == 0
    assert user("close", "Zoé").status == 2, "not an account of all dossiers"
    assert user("close", "Zoé", "--dossier", "998").status == 0
    assert "Zoé" in user("list", "--lang", "en").out
    refused = user("token", "Zoé", "--role", "boss")
    assert refused.status == 2
    assert "reader, clerk, accountant, administrator" in refused.err
    assert user("token", "Zoé", "--role", "clerk", "--dossier", "997").status == 2

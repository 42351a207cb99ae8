"""Secrets at rest: sealed for one place, under a key kept elsewhere, changed while others work; never shown."""

import copy
import logging
import pickle
import stat
import threading
from pathlib import Path

import msgspec
import pytest

from lettrage.adapters.keys import KeyFile
from lettrage.guard.secrets import NONCE_BYTES, KeyRing, Place, Secret, new_key, seal, sealed_with, unseal
from lettrage.refusal import Stop

HERE = Place("998", "qualification", "", "password")
SECRET = Secret("correct horse battery staple é")
NONCE = bytes(range(NONCE_BYTES))


@pytest.fixture
def ring() -> KeyRing:
    key_id, key = new_key()
    return KeyRing(key_id, {key_id: key}, "keys.json")


def code_of(text: str, place: Place, ring: KeyRing) -> str:
    with pytest.raises(Stop) as caught:
        unseal(text, place, ring)
    return caught.value.refusal.code


# ---------------------------------------------------------------- sealing


def test_what_is_sealed_opens_in_its_place(ring: KeyRing) -> None:
    sealed = seal(SECRET, HERE, ring, NONCE)

    assert unseal(sealed, HERE, ring) == SECRET
    assert sealed_with(sealed) == ring.current
    assert "horse" not in sealed


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("999", "qualification", "", "password"),
        Place("998", "production", "", "password"),
        Place("998", "qualification", "E1", "password"),
        Place("998", "qualification", "", "client_secret"),
        Place("998|qualification", "", "", "password"),
    ],
    ids=["dossier", "platform", "establishment", "name", "a place spelt alike"],
)
def test_what_is_sealed_for_one_place_opens_nowhere_else(elsewhere: Place, ring: KeyRing) -> None:
    assert code_of(seal(SECRET, HERE, ring, NONCE), elsewhere, ring) == "secret_damaged"


def test_every_changed_character_is_noticed(ring: KeyRing) -> None:
    sealed = seal(SECRET, HERE, ring, NONCE)

    for at in range(len(sealed)):
        for other in "A-0":
            changed = sealed[:at] + other + sealed[at + 1 :]
            if changed != sealed and other not in "=":
                assert code_of(changed, HERE, ring) in ("secret_damaged", "key_missing"), changed


def test_a_sealed_text_has_one_spelling(ring: KeyRing) -> None:
    """The last character before `=` has bits that no reader of base64 looks at."""
    sealed = seal(Secret("four"), HERE, ring, NONCE)  # with two of them
    head, last, tail = sealed[:-2], sealed[-2], sealed[-1]
    assert tail == "="
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for other in alphabet:
        if other != last:
            assert code_of(f"{head}{other}=", HERE, ring) == "secret_damaged", other


@pytest.mark.parametrize("text", ["", "x", "0123456789abcdef.", "0123456789abcdef.!", "é" * 40])
def test_what_was_never_sealed_is_damaged(text: str, ring: KeyRing) -> None:
    assert code_of(text, HERE, ring) == "secret_damaged"


def test_another_ring_says_which_key_is_missing(ring: KeyRing) -> None:
    key_id, key = new_key()

    assert code_of(seal(SECRET, HERE, ring, NONCE), HERE, KeyRing(key_id, {key_id: key})) == "key_missing"


# ---------------------------------------------------------------- never shown


def test_a_secret_is_never_shown(ring: KeyRing, caplog: pytest.LogCaptureFixture) -> None:
    text = SECRET.reveal()
    logging.getLogger("x").error("%s %r", SECRET, SECRET)

    shown = [repr(SECRET), str(SECRET), f"{SECRET}", f"{SECRET:>40}", str([SECRET]), repr([SECRET]), repr(ring)]
    assert not [line for line in (*shown, caplog.text) if text in line]
    assert not [line for line in (repr(ring),) if ring.keys[ring.current].reveal() in line]
    for write in (msgspec.json.encode, msgspec.msgpack.encode, pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            write(SECRET)
        assert text not in str(caught.value)


def test_secrets_are_compared_by_what_they_are() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert {Secret("a"): 1}[Secret("a")] == 1
    assert not Secret("")


# ---------------------------------------------------------------- the file


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys" / "ring.json")


def test_the_file_is_made_at_first_need_for_its_owner_only(keys: KeyFile) -> None:
    assert keys.ring().current == ""
    assert not keys.path.exists()
    sealed = keys.seal(SECRET, HERE)

    assert unseal(sealed, HERE, keys.ring()) == SECRET
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path.parent.stat().st_mode) == 0o700


def test_no_two_secrets_share_a_nonce(keys: KeyFile) -> None:
    assert len({keys.seal(SECRET, HERE) for _ in range(50)}) == 50


def test_a_rotation_keeps_the_keys_that_are_needed(keys: KeyFile) -> None:
    old = keys.seal(SECRET, HERE)
    keys.rotate()
    middle = keys.seal(SECRET, HERE)
    keys.rotate()

    assert unseal(old, HERE, keys.ring()) == unseal(middle, HERE, keys.ring()) == SECRET
    assert keys.forget(frozenset({sealed_with(old)})) == []
    assert keys.forget(frozenset()) == [sealed_with(old)]
    assert code_of(old, HERE, keys.ring()) == "key_missing"
    assert unseal(middle, HERE, keys.ring()) == SECRET  # retired last: somebody may be writing with it now


def test_keys_change_while_others_seal_and_open(keys: KeyFile) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(30):
                assert unseal(keys.seal(SECRET, HERE), HERE, keys.ring()) == SECRET
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        keys.rotate()
    for thread in threads:
        thread.join()

    assert failed == []


def test_two_who_need_a_first_key_share_it(keys: KeyFile) -> None:
    sealed: list[str] = []
    threads = [threading.Thread(target=lambda: sealed.append(keys.seal(SECRET, HERE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [unseal(one, HERE, keys.ring()) for one in sealed] == [SECRET] * 8
    assert len(keys.ring().keys) == 1


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"current": "x", "keys": {}}', '{"current": "x", "keys": {"x": "eA=="}}']
)
def test_a_file_that_is_no_ring_is_refused_and_left_alone(content: str, keys: KeyFile) -> None:
    keys.path.parent.mkdir()
    keys.path.write_text(content)
    keys.path.chmod(0o600)

    for attempt in (keys.ring, keys.rotate, lambda: keys.seal(SECRET, HERE)):
        with pytest.raises(Stop) as caught:
            attempt()
        assert caught.value.refusal.code == "keys_unusable"
    assert keys.path.read_text() == content


def test_a_file_that_others_may_read_is_refused(keys: KeyFile) -> None:
    keys.rotate()
    keys.path.chmod(0o640)

    with pytest.raises(Stop) as caught:
        keys.ring()
    assert caught.value.refusal.code == "keys_unusable"


def test_a_service_finds_its_keys_among_its_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LETTRAGE_KEYS")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    KeyFile(tmp_path / "lettrage-keys").rotate()
    (tmp_path / "lettrage-keys").chmod(0o440)  # systemd's own modes

    assert KeyFile().path == tmp_path / "lettrage-keys"
    assert KeyFile().ring().current


def test_without_a_name_the_keys_are_not_beside_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    monkeypatch.delenv("LETTRAGE_KEYS")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert KeyFile().path.parent != Path(platformdirs.user_data_dir("lettrage", appauthor=False))

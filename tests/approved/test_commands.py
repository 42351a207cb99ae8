"""`lettrage platform`: secrets go in and never come out; addresses; the test; the subscription."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from lettrage import terminal
from lettrage.invoicing.approved_settings import SECRETS, SETTINGS, base
from lettrage.invoicing.doors import APPROVED, PRODUCTION, QUALIFICATION
from lettrage.refusal import Refusal
from tests.approved.conftest import SIRET, Run
from tests.approved.setting_up import Asked, Said, error, place
from tests.canaries import found
from tests.databases import POSTGRESQL, edit, every_row
from tests.journeys.helpers import Firm, Ran, run_here

KEY = base64.b64encode(b"a signing key that nobody sees..").decode()
CANARIES = {name: f"canary-{name}-9f3b27c1d0" for name in SECRETS} | {
    "signing_key": base64.b64encode(b"canary-signing_key-9f3b27c1d0").decode()
}


def hidden(*texts: object) -> list[str]:
    """The canaries that stand in texts or bytes."""
    return found(CANARIES, *texts)


def platform_of(flows: Callable[[Asked], Said | None] = lambda _asked: None) -> Callable[[Asked], Said]:
    """A platform in good order, but for what `flows` answers otherwise."""

    def answer(asked: Asked) -> Said:
        said = flows(asked)
        if said is not None:
            return said
        made = {"webhookId": "w-2", "signingKey": KEY}
        return {
            ("GET", "/flow-service/v1/healthcheck"): Said(200),
            ("POST", "/flow-service/v1/flows/search"): Said(200, {"results": []}),
            ("GET", "/flow-service/v1/webhooks"): Said(200, {"count": 0, "webhooks": []}),
            ("POST", "/flow-service/v1/webhooks"): Said(201, made),
            ("GET", f"/directory-service/v1/siren/code-insee:{SIRET[:9]}"): Said(200, {"siren": SIRET[:9]}),
        }.get((asked.method, asked.path), error(404))

    return answer


def set_up(run: Run, url: str, **more: str) -> None:
    given = {
        "token_url": f"{url}/token",
        "flow_url": f"{url}/flow-service/v1/",
        "directory_url": f"{url}/directory-service",
        "client_id": "an-identifier-of-a-client",
        "client_secret": "its secret",
    } | more
    assert run("set", *(f"{name}={value}" for name, value in given.items())).status == 0


# ---------------------------------------------------------------- settings


def test_settings_are_given_for_the_environment_that_is_on_and_shown_without_secrets(run: Run) -> None:
    set_up(run, "http://127.0.0.1:9", organization="org-7", number="0123")
    shown = json.loads(run("settings", "--json").out)["platforms"]

    assert set(shown) == set(APPROVED)
    own = shown[QUALIFICATION]
    assert (own["flow_url"], own["organization"], own["number"]) == ("http://127.0.0.1:9/flow-service", "org-7", "0123")
    assert own["client_secret"] == {"set": True, "hint": ""} | {
        name: own["client_secret"][name] for name in ("changed_at", "changed_by")
    }
    assert own["client_id"]["hint"] == "an-i…"
    assert shown[PRODUCTION]["flow_url"] == ""


@pytest.mark.parametrize(
    ("platform", "setting", "code"),
    [
        ("production", "flow_url=http://flows.example/x", "address_not_allowed"),
        ("production", "flow_url=https://127.0.0.1/x", "address_not_allowed"),
        ("production", "directory_url=http://localhost:8080", "address_not_allowed"),
        ("production", "token_url=https://10.0.0.1/token", "address_not_allowed"),
        ("qualification", "flow_url=http://flows.example/x", "address_not_allowed"),
        ("qualification", "flow_url=https://169.254.169.254/latest", "address_not_allowed"),
        ("qualification", "flow_url=https://2130706433/", "address_not_allowed"),
        ("qualification", "flow_url=https://user:word@flows.example/", "address_not_allowed"),
        ("qualification", "token_url=https://auth.example/?next=x", "address_not_allowed"),
        ("qualification", "proxy=http://127.0.0.1:1/path", "address_not_allowed"),
        ("production", "time_scale=60", "malformed_setting"),
        ("qualification", "number=12345", "malformed_setting"),
        ("qualification", "organization=é", "malformed_setting"),
        ("qualification", "token=two words", "malformed_setting"),
        ("qualification", "signing_key=c2hvcnQ=", "malformed_setting"),
        ("qualification", "api_url=https://x.example", "unknown_setting"),
        ("qualification", "hook_minutes=0", "malformed_setting"),
        ("qualification", "client_sign=both", "malformed_setting"),
    ],
)
def test_what_may_not_be_set_is_refused_and_nothing_changes(run: Run, platform: str, setting: str, code: str) -> None:
    before = run("settings", "--json").out
    ran = run("set", setting, "--platform", platform, "--json")

    assert (ran.status, [reason["code"] for reason in json.loads(ran.out)["reasons"]]) == (1, [code])
    assert "word" not in ran.out
    assert run("settings", "--json").out == before


def test_a_name_that_is_no_setting_leads_to_the_list_of_this_door(run: Run) -> None:
    (reason,) = json.loads(run("set", "colour=blue", "--json").out)["reasons"]
    assert "lettrage platform settings" in reason["fix"]
    assert "lettrage platform settings" in reason["fix_en"]


def test_the_names_of_a_platform_are_words_for_people_and_stay_as_they_are_for_programs(run: Run) -> None:
    told = Refusal("approved_has_it", "F1", "F1", QUALIFICATION)
    assert "sur la plateforme agréée (qualification)" in told.fr
    assert "The approved platform (qualification) has" in told.en
    assert told.expected == QUALIFICATION
    assert terminal.standing("F1", PRODUCTION, "integrated", "en") == "F1 · approved platform (production) · Accepted"
    assert "approved platform (qualification)" in "".join(
        terminal.table([{"number": "F1", "platform": QUALIFICATION, "said": ""}], "released", "en")
    )


def test_a_secret_stays_with_the_host_that_it_was_given_for(run: Run) -> None:
    set_up(run, "http://127.0.0.1:9")
    ran = run("set", "flow_url=https://flows.example/x", "--json")

    assert "client_secret" in json.loads(ran.out)["warnings"][0]["en"]
    assert json.loads(ran.out)["platforms"][QUALIFICATION]["client_secret"]["set"] is False


def test_once_flows_were_sent_a_platform_is_no_other(run: Run, firm: Firm) -> None:
    set_up(run, "http://127.0.0.1:9")
    names = "syntax, name, sha256, content, state, number, asked_by, intended_at, sent_at, doubt_since"
    names += ", trouble, reported"
    blank = ", ".join(["''"] * 12)
    edit(
        firm.address,
        f"INSERT INTO flow (dossier, id, platform, again, tracking, {names})"
        f" VALUES ('{firm.dossier}', 1, '{QUALIFICATION}', 0, 't', {blank})",
    )
    ran = run("set", "flow_url=https://flows.example/x", "--json")
    assert [reason["code"] for reason in json.loads(ran.out)["reasons"]] == ["other_platform"]


def test_a_simulator_is_taken_from_its_first_line(run: Run) -> None:
    said = {f"approved_{name}": f"http://127.0.0.1:9/{name}" for name in ("token_url", "flow_url", "directory_url")}
    line = json.dumps(said | {"approved_client_id": "a client", "approved_client_secret": "its secret", "url": "x"})

    assert run("connect", "-", stdin=line).status == 0
    own = json.loads(run("settings", "--json").out)["platforms"][QUALIFICATION]
    assert (own["flow_url"], own["client_secret"]["set"]) == ("http://127.0.0.1:9/flow_url", True)
    for stdin in ("", "[]", "{}", '{"approved_flow_url": 1}'):
        assert run("connect", "-", stdin=stdin).status == 2


def test_the_address_of_a_service_is_what_every_call_begins_with() -> None:
    assert (
        base("https://x.example/flow-service/v1/")
        == base("https://x.example/flow-service")
        == ("https://x.example/flow-service")
    )


# ---------------------------------------------------------------- canaries


def _echoing(secrets: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """An error object and headers that repeat what they were sent."""
    said = {"errorCode": "NO", "errorMessage": " ".join(secrets.values())}
    return said, {"request-id": next(reversed(secrets.values()))}


def test_no_secret_is_shown_logged_or_kept_in_clear(run: Run, firm: Firm) -> None:
    given = {name: text for name, text in CANARIES.items() if name != "token"}  # that one is given later
    with place(lambda _asked: Said(403, *_echoing(given))) as made:
        addresses = [f"{name}={made.url}/{name}" for name in ("token_url", "flow_url", "directory_url")]
        secrets = [f"{name}=-" for name in sorted(SECRETS - {"token"})]
        ran = [run("set", *addresses)]
        ran += [run("set", one, stdin=CANARIES[one.removesuffix("=-")] + "\n") for one in secrets]
        made.token = Said(401, {"error": "invalid_client", "error_description": " ".join(given.values())})
        ran += [run("test"), run("hooks", "--json")]
        ran += [run("set", "token=-", stdin=CANARIES["token"] + "\n")]
        given |= {"token": CANARIES["token"]}
        ran += [run("settings"), run("settings", "--json"), run("test", "--json", "--debug"), run("hook", made.url)]

    assert any("platform_call" in one.err for one in ran)
    assert hidden(*(text for one in ran for text in (one.out, one.err))) == []
    if POSTGRESQL:
        assert hidden(every_row(firm.store.engine)) == []
    else:
        assert hidden(*(file.read_bytes() for file in firm.folder.rglob("*") if file.is_file())) == []


def test_a_canary_would_be_found() -> None:
    assert set(hidden(f"x{CANARIES['token']}y".encode())) == {"token"}
    assert {name for name, setting in SETTINGS.items() if setting.secret} == set(CANARIES)


def test_the_audit_log_says_that_a_secret_was_set_and_not_which(run: Run, firm: Firm) -> None:
    set_up(run, "http://127.0.0.1:9")
    events = firm.ask('SELECT subject, "before", "after" FROM audit_event WHERE kind = \'chorus\'')
    told = {subject: (before, after) for subject, before, after in events}
    assert told[f"{QUALIFICATION} client_secret"] == ("", "***")
    assert told[f"{QUALIFICATION} flow_url"] == ("", "http://127.0.0.1:9/flow-service")


# ---------------------------------------------------------------- the test


def steps_of(run: Run) -> dict[str, tuple[Any, list[str]]]:
    ran = run("test", "--json")
    steps = {step["step"]: (step["ok"], [cause["code"] for cause in step["causes"]]) for step in json.loads(ran.out)}
    assert (ran.status == 0) is not any(ok is False for ok, _ in steps.values())
    return steps


def test_a_platform_in_good_order_passes_every_step(run: Run) -> None:
    with place(platform_of()) as made:
        set_up(run, made.url)
        steps = steps_of(run)
    assert steps == {name: (True, []) for name in steps} | {"platform_hooks": (None, ["platform_no_hook"])}
    assert list(steps) == [
        "platform_set", "platform_token", "platform_health", "platform_flows", "platform_directory", "platform_hooks",
    ]  # fmt: skip


def test_what_is_not_set_is_named(run: Run) -> None:
    steps = steps_of(run)
    assert steps["platform_set"] == (False, ["platform_not_set"])
    assert "flow_url" in run("test").out


def _at(path: str, said: Said) -> Callable[[Asked], Said | None]:
    return lambda asked: said if path in asked.path else None


@pytest.mark.parametrize(
    ("path", "said", "step", "cause"),
    [
        ("search", error(401), "platform_flows", "platform_token_refused"),
        ("search", error(403), "platform_flows", "platform_not_allowed"),
        ("search", Said(404, b"<html>"), "platform_flows", "platform_address_wrong"),
        ("search", Said(200, b"<html>"), "platform_flows", "platform_address_wrong"),
        ("search", error(503), "platform_flows", "platform_unavailable"),
        ("search", error(502), "platform_flows", "platform_unavailable"),
        ("healthcheck", Said(503), "platform_health", "platform_unavailable"),
    ],
)
def test_a_step_that_fails_names_its_cause(run: Run, path: str, said: Said, step: str, cause: str) -> None:
    with place(platform_of(_at(path, said))) as made:
        set_up(run, made.url)
        assert steps_of(run)[step] == (False, [cause])


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (Said(401, {"error": "invalid_client"}), "platform_client_refused"),
        (Said(400, {"error": "invalid_client"}), "platform_client_refused"),
        (Said(404, b"<html>"), "platform_address_wrong"),
        (Said(200, b"<html>"), "platform_address_wrong"),
        (Said(503), "platform_unavailable"),
    ],
)
def test_without_a_token_the_rest_is_not_looked_at(run: Run, said: Said, cause: str) -> None:
    with place(platform_of()) as made:
        made.token = said
        set_up(run, made.url)
        steps = steps_of(run)
    assert steps["platform_token"] == (False, [cause])
    assert {steps[name][0] for name in ("platform_health", "platform_flows", "platform_hooks")} == {None}


def test_a_simulator_that_is_not_there_and_a_directory_that_lacks_us_are_told(run: Run) -> None:
    with place(platform_of(_at("directory-service", error(404)))) as made:
        set_up(run, made.url)
        assert steps_of(run)["platform_directory"] == (True, ["platform_not_listed"])
    assert steps_of(run)["platform_token"] == (False, ["platform_simulator_not_started"])
    set_up(run, "http://127.0.0.1:9", directory_url="")
    assert steps_of(run)["platform_directory"][1] == ["platform_directory_not_set"]
    assert (
        run(
            "set",
            "flow_url=https://flows.invalid",
            "token_url=https://auth.invalid",
            "client_id=abc",
            "client_secret=d",
        ).status
        == 0
    )
    assert steps_of(run)["platform_token"] == (False, ["platform_not_reached"])


# ---------------------------------------------------------------- what is said of invoices


def lifecycle(firm: Firm, *arguments: str) -> Ran:
    return run_here("lifecycle", *arguments, folder=firm.folder, env={"LETTRAGE_DATABASE": firm.address})


def test_a_file_that_cannot_be_attached_is_named_as_any_file(firm: Firm) -> None:
    ran = lifecycle(firm, "say", "F1", "--status", "209", "--attach", "nowhere.pdf")

    assert ran.status == 2
    assert "« nowhere.pdf » ne peut pas être lu" in ran.err


def test_where_nothing_is_to_be_told_that_is_said(firm: Firm) -> None:
    french, english = lifecycle(firm, "declare"), lifecycle(firm, "declare", "--lang", "en")

    assert (french.status, english.status) == (0, 0)
    assert "Rien à déclarer" in french.out
    assert "Nothing to tell" in english.out


# ---------------------------------------------------------------- the queue


def test_a_stopped_platform_says_why_and_a_person_lets_it_go_on(run: Run, firm: Firm) -> None:
    set_up(run, "http://127.0.0.1:9")
    met = '{"kind": "settings", "step": "token", "status": 401, "code": "invalid_client"}'
    edit(
        firm.address,
        f"UPDATE chorus_queue SET state = 'stopped', reason = '{met}', since = '2026-11-02T10:00:00+00:00'"
        f" WHERE dossier = '{firm.dossier}' AND platform = '{QUALIFICATION}'",
    )
    stopped = run("queue")
    shown = json.loads(run("queue", "--json").out)

    assert stopped.status == 1
    assert "lettrage platform test" in stopped.err
    assert "lettrage platform queue --reopen" in stopped.err
    assert (shown["platform"], shown["state"], shown["reason"]["code"]) == (QUALIFICATION, "stopped", "invalid_client")

    assert run("queue", "--platform", "production").status == 0  # another platform
    assert run("queue", "--reopen").status == 0
    assert json.loads(run("queue", "--json").out)["state"] == "open"


# ---------------------------------------------------------------- the subscription


def test_subscribing_keeps_the_key_sealed_and_ends_the_one_before(run: Run, firm: Firm) -> None:
    url = f"https://books.example/hooks/{firm.dossier}/{QUALIFICATION}"
    standing = [{"webhookId": "w-1", "callbackUrl": url}, {"webhookId": "w-0", "callbackUrl": "https://other.example"}]

    def answer(asked: Asked) -> Said | None:
        if asked.method == "DELETE":
            return Said(204)
        listing = asked.path.endswith("webhooks") and asked.method == "GET"
        return Said(200, {"count": 2, "webhooks": standing}) if listing else None

    with place(platform_of(answer)) as made:
        set_up(run, made.url)
        ran = run("hook", "https://books.example/", "--json")
        shown = json.loads(run("settings", "--json").out)["platforms"][QUALIFICATION]
        deleted = [asked.path for asked in made.asked if asked.method == "DELETE"]
        wanted = [asked.json for asked in made.asked if asked.method == "POST" and asked.path.endswith("webhooks")]
        assert steps_of(run)["platform_hooks"] == (True, [])

    assert [one["id"] for one in json.loads(ran.out)] == ["w-2"]
    assert wanted == [{"callbackUrl": url, "flowDirection": "In"}]
    assert shown["signing_key"]["set"] is True
    assert KEY not in ran.out + ran.err
    assert deleted == ["/flow-service/v1/webhooks/w-1"]


def test_with_the_last_subscription_the_key_is_forgotten(run: Run) -> None:
    with place(platform_of(lambda asked: Said(204) if asked.method == "DELETE" else None)) as made:
        set_up(run, made.url, signing_key=KEY)
        ran = run("unhook", "w-1")
        shown = json.loads(run("settings", "--json").out)["platforms"][QUALIFICATION]
    assert (ran.status, shown["signing_key"]["set"]) == (0, False)


@pytest.mark.parametrize(
    "address", ["http://books.example", "https://10.0.0.1", "books.example", "https://a:b@x.example"]
)
def test_a_platform_is_given_no_address_that_it_must_not_call(run: Run, address: str) -> None:
    set_up(run, "http://127.0.0.1:9")
    assert run("hook", address).status == 2


@pytest.mark.parametrize("address", ["https://me:a-password@books.example", "https://books.example?key=a-password"])
def test_what_an_address_of_ours_holds_is_not_repeated(address: str, run: Run) -> None:
    ran = run("hook", address)
    assert ran.status == 2
    assert "a-password" not in ran.out + ran.err


def test_a_subscription_that_is_refused_is_told(run: Run) -> None:
    with place(platform_of(_at("webhooks", error(403, "FORBIDDEN_ACCESS", "not yours")))) as made:
        set_up(run, made.url)
        ran = run("hook", "https://books.example")
    assert ran.status == 2
    assert "not yours" in ran.err

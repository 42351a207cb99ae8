"""The demonstration, as somebody who has just installed the program runs it."""

import shlex
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.journeys.helpers import environment, run

# What the life of a cheque leaves after each step: what is due, and where the cheque is.
STEPS = [
    "reste dû : - · effets : C30 5995.00",
    "reste dû : - · effets : C50 5995.00",
    "reste dû : - · effets : C50 5995.00",
    "reste dû : 86 2400.00, 87 3600.00 · effets : C90 5995.00",
    "reste dû : - · effets : C30 5995.00",
    "reste dû : - · effets : C50 5995.00",
]


def test_the_demonstration_tells_its_story_and_its_books_are_sound(tmp_path: Path) -> None:
    told = run("demo", "--no-serve", folder=tmp_path)

    assert told.status == 0, told.err
    assert [line for line in told.out.splitlines() if line.startswith("reste dû")] == STEPS
    assert "Contrôle d'intégrité des huit dossiers : tout est juste." in told.out


def test_the_demonstration_tells_an_invoice_from_its_first_mistake_to_its_payment(tmp_path: Path) -> None:
    told = run("demo", "--no-serve", folder=tmp_path)

    story = told.out[told.out.index("EX8") :]
    milestones = [
        "ERREUR service_missing", "corrigée", "chorus_service_unknown", "SERVICE_DEST_SERV_OBL</cbc:ID>",
        "invoice resend", "Mise à disposition", "Mise en paiement", "Virement F2026-0042", "réglée", "tout est juste",
    ]  # fmt: skip
    places = [story.index(milestone) for milestone in milestones]
    assert places == sorted(places)


def test_the_demonstration_tells_an_invoice_until_all_of_it_is_reported_as_received(tmp_path: Path) -> None:
    told = run("demo", "--no-serve", folder=tmp_path)

    story = told.out[told.out.index("EX7") : told.out.index("EX8")]
    milestones = [
        "plateforme agréée  732829320", "Mise à disposition", "JUSTIF_ABS", "Approuvée",
        "20 % 490.78 · 10 % 201.22", "20 % 709.22 · 10 % 290.78", "20 % -709.22 · 10 % -290.78",
        "plateforme agréée (qualification) · Encaissée", "Règlement revenu impayé", "tout est juste",
    ]  # fmt: skip
    places = [story.index(milestone) for milestone in milestones]
    assert places == sorted(places)
    taken = [line for line in story.splitlines() if " 212 Encaiss" in line]
    assert len(taken) == 4
    assert all("pris par la plateforme" in line for line in taken)
    assert ["repris" in line for line in taken].count(True) == 1


def test_the_demonstration_serves_its_books_until_it_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lettrage", "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(tmp_path)) as demo:
        assert demo.stdout is not None
        invitation = next(line for line in demo.stdout if line.startswith("curl"))
        _, _, authorization, url = shlex.split(invitation)
        name, value = authorization.split(": ")
        answer = httpx.get(url, headers={name: value}, timeout=30)
        demo.send_signal(signal.SIGTERM)

    assert answer.status_code == 200
    assert len(answer.json()["data"]) == 7
    assert demo.returncode == 0

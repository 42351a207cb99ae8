"""From a dossier's settings to the platform itself: secrets unsealed, one client for each set of settings."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from lettrage.acts.chorus import SetChorus
from lettrage.adapters.approved.calls import Calls as ApprovedCalls
from lettrage.adapters.approved.client import Client
from lettrage.adapters.approved.directory import ApprovedDirectory
from lettrage.adapters.approved.flows import ApprovedFlows
from lettrage.adapters.approved.probe import gather as ask_platform
from lettrage.adapters.chorus.calls import Calls
from lettrage.adapters.chorus.piste import Piste
from lettrage.adapters.chorus.portal import ChorusPortal
from lettrage.adapters.chorus.probe import gather
from lettrage.adapters.clock import SystemClock
from lettrage.adapters.keys import KeyFile
from lettrage.adapters.logs import log
from lettrage.adapters.store.books import SqlStore
from lettrage.commands.shared import context
from lettrage.commands.simulated import HttpSimulated
from lettrage.company.dossier import Company
from lettrage.guard.secrets import KeyRing, Place, Secret, unseal
from lettrage.invoicing import approved_settings
from lettrage.invoicing.approved_settings import ApprovedSettings
from lettrage.invoicing.connecting.approved import Answers
from lettrage.invoicing.connecting.approved import diagnose as diagnose_approved
from lettrage.invoicing.connecting.connection import known_of
from lettrage.invoicing.connecting.diagnose import Evidence, Step, diagnose
from lettrage.invoicing.settings import Change, ChorusSettings, Platform, PlatformSettings, Row, settings_of, shape
from lettrage.invoicing.simulated import address_of
from lettrage.refusal import Refusal, Stop


class Platforms:
    """The clients of this process, kept with their tokens as long as the settings stay as they are."""

    def __init__(self, keys: KeyFile | None = None) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._open: dict[tuple[str, PlatformSettings], Piste] = {}
        self._approved: dict[tuple[str, ApprovedSettings], Client] = {}

    @property
    def keys(self) -> KeyFile:
        """The key ring's file, as the environment names it now."""
        return self._keys or KeyFile()

    def settings(self, store: SqlStore, dossier: str) -> ChorusSettings:
        """A dossier's settings, secrets unsealed. Raises Stop where one of them does not open."""
        with store.books(dossier, writing=False) as books:
            rows = books.chorus_rows()
        return opened(dossier, rows, self.keys.ring())

    def portal(self, store: SqlStore, dossier: str, platform: Platform | None = None) -> ChorusPortal:
        """The platform that is on, or the one named. Raises Stop where something that it needs is not set."""
        return ChorusPortal(self.piste(dossier, self.settings(store, dossier), platform))

    def piste(self, dossier: str, settings: ChorusSettings, platform: Platform | None = None) -> Piste:
        """Calls to a platform. Raises Stop where something that they need is not set."""
        wanted = settings.platforms[platform or settings.platform]
        if wanted.missing:
            raise Stop(Refusal("not_connected", "chorus", wanted.platform, ", ".join(wanted.missing)))
        with self._lock:
            held = self._open.get((dossier, wanted))
            if held is None:
                held = self._open[dossier, wanted] = Piste(Calls(wanted, told=log))
            return held

    # ------------------------------------------------------------ approved platforms

    def approved(self, store: SqlStore, dossier: str, platform: str) -> ApprovedSettings:
        """What is set for an approved platform, secrets unsealed. Raises Stop where one of them does not open."""
        with store.books(dossier, writing=False) as books:
            rows = books.chorus_rows()
        return approved_of(dossier, rows, platform, self.keys.ring())

    def service(self, store: SqlStore, dossier: str, platform: str) -> ApprovedFlows:
        """The flow service of an approved platform. Raises Stop where something that it needs is not set."""
        return ApprovedFlows(self.client(dossier, self.approved(store, dossier, platform)))

    def directory(self, store: SqlStore, dossier: str, platform: str) -> ApprovedDirectory:
        """The directory service of an approved platform. Raises Stop where something that it needs is not set."""
        settings = self.approved(store, dossier, platform)
        if not settings.directory_url:
            raise Stop(Refusal("platform_not_connected", "platform", platform, "directory_url"))
        return ApprovedDirectory(self.client(dossier, settings))

    def client(self, dossier: str, settings: ApprovedSettings) -> Client:
        """Calls to an approved platform. Raises Stop where something that they need is not set."""
        if settings.missing:
            raise Stop(Refusal("platform_not_connected", "platform", settings.platform, ", ".join(settings.missing)))
        with self._lock:
            held = self._approved.get((dossier, settings))
            if held is None:
                held = self._approved[dossier, settings] = Client(ApprovedCalls(settings, told=log))
            return held

    # ------------------------------------------------------------ settings and tests

    def set(self, dossier: str, changes: Sequence[Change], by: str) -> SetChorus:
        """The act that gives a dossier these settings."""
        return SetChorus(dossier, tuple(changes), self.keys.seal, by)

    def shape(self, dossier: str, rows: Sequence[Row]) -> dict[str, Any]:
        """The settings as they are shown; without a hint where a secret does not open."""
        return shape(dossier, rows, self._opened_or_not(dossier))

    def approved_shape(self, dossier: str, rows: Sequence[Row]) -> dict[str, Any]:
        """The settings of the approved platforms as they are shown, by the platform's name."""
        return approved_settings.shape(rows, self._opened_or_not(dossier))

    def _opened_or_not(self, dossier: str) -> Callable[[Row], Secret | None]:
        ring = self.keys.ring()

        def opened_or_not(row: Row) -> Secret | None:
            try:
                return secret_of(dossier, row, ring)
            except Stop:
                return None

        return opened_or_not

    def test(
        self, dossier: str, rows: Sequence[Row], company: Company, platform: Platform | None = None
    ) -> tuple[list[Step], Evidence]:
        """Ask the platform, and say for each step what the answers mean. Raises Stop where a secret does not open."""
        settings = opened(dossier, rows, self.keys.ring())
        wanted = platform or settings.platform
        known = known_of(settings, wanted, company, SystemClock().now())
        evidence = Evidence({})
        if not known.missing:
            sirets = [siret for siret, _ in known.sirets.values()]
            evidence = gather(self.piste(dossier, settings, wanted), sirets)
        return diagnose(evidence, known), evidence

    def test_approved(
        self, dossier: str, rows: Sequence[Row], company: Company, platform: str
    ) -> tuple[list[Step], Answers]:
        """The same of an approved platform. Raises Stop where a secret does not open."""
        settings = approved_of(dossier, rows, platform, self.keys.ring())
        siren = company.siret[:9]
        answers = Answers({})
        if not settings.missing:
            answers = ask_platform(self.client(dossier, settings), siren, SystemClock().now())
        return diagnose_approved(answers, settings, siren), answers

    def simulated(self, rows: Sequence[Row]) -> HttpSimulated | None:
        """The simulator, where the platform that is on is one of this machine; never in production."""
        url = address_of(rows)
        return HttpSimulated(url) if url else None

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for piste in self._open.values():
                piste.calls.close()
            for client in self._approved.values():
                client.calls.close()
            self._open.clear()
            self._approved.clear()


def opened(dossier: str, rows: Sequence[Row], ring: KeyRing) -> ChorusSettings:
    """The settings that rows of the store say. Raises Stop where a secret does not open."""
    return settings_of(dossier, rows, lambda row: secret_of(dossier, row, ring))


def approved_of(dossier: str, rows: Sequence[Row], platform: str, ring: KeyRing) -> ApprovedSettings:
    """What rows of the store say of an approved platform. Raises Stop where a secret does not open."""
    return approved_settings.settings_of(platform, rows, lambda row: secret_of(dossier, row, ring))


def secret_of(dossier: str, row: Row, ring: KeyRing) -> Secret:
    """A secret, opened in its place. Raises Stop."""
    return unseal(row.value, Place(dossier, row.platform, row.establishment, row.name), ring)


platforms = Platforms()
context.ends.append(platforms.close)


def portal_for(store: SqlStore, dossier: str, platform: Platform | None = None) -> ChorusPortal:
    """Chorus Pro as a dossier's settings reach it: the platform that is on, or the one named. Raises Stop."""
    return platforms.portal(store, dossier, platform)


def settings_for(store: SqlStore, dossier: str) -> ChorusSettings:
    """A dossier's settings of Chorus Pro, secrets unsealed. Raises Stop where one of them does not open."""
    return platforms.settings(store, dossier)


def service(store: SqlStore, dossier: str, platform: str) -> ApprovedFlows:
    """The flow service of an approved platform, by its name. Raises Stop where something that it needs is not set."""
    return platforms.service(store, dossier, platform)


def directory(store: SqlStore, dossier: str, platform: str) -> ApprovedDirectory:
    """The directory of an approved platform, by its name. Raises Stop where something that it needs is not set."""
    return platforms.directory(store, dossier, platform)

"""One run of the simulator: Chorus Pro with its gateway's memory, the approved platform, the faults, and a reset."""

import msgspec

from lettrage.simulator.approved.door import Approved
from lettrage.simulator.approved.settings import Settings as ApprovedSettings
from lettrage.simulator.clock import Clock
from lettrage.simulator.directory import Account, Directory
from lettrage.simulator.faults import Faults
from lettrage.simulator.piste import Application, Piste
from lettrage.simulator.platform import Platform
from lettrage.simulator.settings import Settings

# Made up, public, and worth nothing elsewhere. Plain characters: some clients send them unencoded.
APPLICATION = Application(
    client_id="5b1c8c4e-0f7d-4a55-9b0e-5d1f0c8a7e21",
    client_secret="d2a7f6b0-93c1-4e8b-8a44-1c6e2b9f5d70",  # noqa: S106
    name="APP_SANDBOX_lettrage",
)


class Simulation:
    """What a server serves. `reset` puts everything back to the fixtures, except the clock's speed and the settings
    that it was begun with.
    """

    platform: Platform
    piste: Piste

    def __init__(
        self,
        speed: float = 1,
        settings: Settings | None = None,
        seed: int = 0,
        approved: ApprovedSettings | None = None,
    ) -> None:
        self._speed = speed
        self._settings = settings or Settings()
        self._approved_settings = approved or ApprovedSettings()
        self._approved: Approved | None = None
        self._seed = seed
        self.faults = Faults(seed)
        self.reset()

    def reset(self) -> None:
        """Begin again, at the true present."""
        clock = Clock(speed=self._speed)
        self.platform = Platform(Directory(clock.now()), clock, self._settings)
        self.piste = Piste()
        self.piste.put(APPLICATION)
        self.stop()
        self._approved = Approved(clock, self.faults, self._approved_settings)
        self.faults.off()
        self.faults.seed(self._seed)

    def stop(self) -> None:
        """Call nobody any more."""
        if self._approved is not None:
            self._approved.stop()

    @property
    def approved(self) -> Approved:
        """The approved platform beside Chorus Pro; its clock is the same."""
        assert self._approved is not None, "it was begun"
        return self._approved

    @property
    def account(self) -> Account:
        """The technical account of the fixtures, as it is now."""
        return next(iter(self.platform.directory.accounts.values()))

    def change_account(self, login: str = "", **changes: object) -> Account:
        """The technical account (by default the fixtures' own) with these fields changed."""
        before = self.platform.directory.accounts[login] if login else self.account
        self.platform.directory.put_account(msgspec.structs.replace(before, **changes))
        return self.platform.directory.accounts[before.login]

    def change_application(self, client_id: str = APPLICATION.client_id, **changes: object) -> Application:
        """The application with these fields changed."""
        self.piste.put(msgspec.structs.replace(self.piste.applications[client_id], **changes))
        return self.piste.applications[client_id]

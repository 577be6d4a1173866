"""The state of the simulated cloud."""

from local.graph.classic import ClassicApi
from local.graph.datalake import DataLake
from local.graph.faults import Faults
from local.graph.identity import Identity
from local.graph.industry import IndustryApi
from local.graph.journal import Journal
from local.graph.movable_clock import MovableClock
from local.graph.uploads import Uploads


class Simulator:
    """One simulated cloud: identity, faults, journal, and the APIs that use them."""

    def __init__(self, connection_string: str) -> None:
        self.identity = Identity()
        self.faults = Faults()
        self.journal = Journal()
        self.uploads = Uploads(connection_string)
        self.classic = ClassicApi(self.identity, self.uploads)
        self.clock = MovableClock()
        self.lake = DataLake(self.clock)
        self.industry = IndustryApi(self.identity, self.lake, self.clock)

    def reset(self) -> None:
        """Clear all state except the identity header. Uploaded files stay in the storage."""
        self.identity.forget()
        self.faults.clear()
        self.journal.clear()
        self.classic.profiles.clear()
        self.clock.reset()
        self.lake.forget()
        self.industry.forget()

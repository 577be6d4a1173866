"""Synchronization profiles and the progress of their syncs."""

import math
import time
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, uuid5

import msgspec

from local.graph.answers import Document, timestamp
from local.graph.documents import ProfileSettings
from local.graph.scripts import Script

UNKNOWN = "unknownFutureValue"
# Words newer than the published enumeration are returned only to callers who ask for them.
_NEWER_WORDS = frozenset({"extracting", "validating"})


class Profile:
    """An `educationSynchronizationProfile` with its status and errors."""

    def __init__(self, settings: ProfileSettings) -> None:
        self.settings = settings
        self.state = Script(settings.states)
        self._sync: Script | None = None
        self._created = datetime.now(UTC)
        self._last_sync: datetime | None = None
        self._started = -math.inf

    @property
    def busy(self) -> bool:
        """Whether an earlier request is still being processed."""
        return time.monotonic() < self._started + self.settings.busy_seconds

    @property
    def takes_files(self) -> bool:
        """Whether its data provider is the one for CSV files."""
        return self.settings.data_provider.endswith(".educationCsvDataProvider")

    @property
    def has_status(self) -> bool:
        """Whether the profile has a status resource."""
        return self._sync is not None or not self.settings.never_synced

    def change(self, settings: ProfileSettings) -> None:
        """Apply new settings. A changed state script starts from its beginning."""
        if settings.states != self.settings.states:
            self.state = Script(settings.states)
        self.settings = settings

    def start_sync(self) -> None:
        self._last_sync = self._synchronized()
        self._sync = Script(self.settings.sync)
        self._started = time.monotonic()

    def describe(self, state: str) -> Document:
        return {
            "id": self.settings.id,
            "displayName": self.settings.display_name,
            "dataProvider": {
                "@odata.type": self.settings.data_provider,
                "customizations": None,
            },
            "identitySynchronizationConfiguration": {
                "@odata.type": "#microsoft.graph.educationIdentityMatchingConfiguration",
                "matchingOptions": [_matching("student"), _matching("teacher")],
            },
            "licensesToAssign": [],
            "state": state,
            "handleSpecialCharacterConstraint": False,
            "expirationDate": None,
        }

    def describe_status(self, *, newer_words: bool) -> Document:
        """The `educationSynchronizationProfileStatus`; counts as a poll of the sync."""
        synchronized, errors = self._synchronized(), self.errors()
        moment = self._sync.poll() if self._sync else None
        word = moment.word if moment else self.settings.idle_status
        if word in _NEWER_WORDS and not newer_words:
            word = UNKNOWN
        return {
            "id": self.settings.id,
            "status": word,
            "lastSynchronizationDateTime": timestamp(synchronized) if synchronized else None,
            "lastActivityDateTime": timestamp(moment.since if moment else self._created),
            "errorCount": len(errors),
            "statusMessage": self.settings.status_message,
        }

    def errors(self) -> list[Document]:
        """Every `educationSynchronizationError` of the last sync, after its end."""
        moment = self._sync.look() if self._sync else None
        if moment is None or not moment.ended:
            return []
        return [
            {
                "id": str(uuid5(NAMESPACE_OID, f"{self.settings.id}/{number}")),
                "recordedDateTime": timestamp(moment.since),
                **msgspec.to_builtins(error),
            }
            for number, error in enumerate(self.settings.sync_errors)
        ]

    def _synchronized(self) -> datetime | None:
        moment = self._sync.look() if self._sync else None
        return moment.since if moment and moment.ended else self._last_sync


def _matching(role: str) -> Document:
    return {
        "appliesTo": role,
        "sourcePropertyName": "Username",
        "targetPropertyName": "userPrincipalName",
        "targetDomain": "school.example",
    }

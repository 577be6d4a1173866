"""Inbound flows, each with its data connector, upload session and validated files."""

from datetime import UTC, datetime, timedelta

from local.graph.answers import Document, timestamp
from local.graph.datalake import Container, DataLake
from local.graph.industry_documents import InboundFlowSettings
from local.graph.industry_files import Files, Findings, check
from local.graph.industry_operations import Operation
from local.graph.movable_clock import MovableClock
from local.graph.scripts import Script


class Flow:
    """An `inboundFileFlow` and its `azureDataLakeConnector`.

    The container of an upload is removed when a validate operation on it has ended. The next run
    processes the files that this operation found valid.
    """

    def __init__(self, settings: InboundFlowSettings, lake: DataLake, clock: MovableClock) -> None:
        self.settings = settings
        self.readiness = Script(settings.readiness)
        self.validated: Files = {}
        self._lake = lake
        self._clock = clock
        self._container: Container | None = None

    def change(self, settings: InboundFlowSettings) -> None:
        """Apply new settings. A changed readiness script starts from its beginning."""
        if settings.readiness != self.settings.readiness:
            self.readiness = Script(settings.readiness)
        self.settings = settings

    def uploaded(self) -> Files:
        """The files of the last upload, also after its container was removed."""
        return self._container.contents() if self._container else {}

    def open_session(self, *, reset: bool) -> Document:
        """A `fileUploadSession`: the current container with its files, or a new one."""
        container = self._container
        if reset and container:
            self._lake.remove(container)
        if reset or container is None or self._lake.is_gone(container):
            container = self._container = self._open_container()
        expires = self._clock.now() + timedelta(seconds=self.settings.session_seconds)
        return {
            "@odata.type": "#microsoft.graph.industryData.fileUploadSession",
            "containerExpirationDateTime": timestamp(container.expires),
            "containerId": container.id,
            "sessionExpirationDateTime": timestamp(expires),
            "sessionUrl": self._lake.sign(container, expires),
        }

    def validate(self) -> Operation:
        """Validate the current files. The operation lists the findings when it ends."""
        settings = self.settings
        files = self._present_files()
        found = check(settings.file_format, files)
        found = Findings(
            found.errors + settings.errors, found.warnings + settings.warnings, found.validated
        )
        resource = f"dataConnectors/{settings.connector_id}"
        operation = Operation(settings, settings.validation, resource, found)
        if self._container:
            self._container.closed = lambda: operation.ended
        if not found.errors:
            self.validated = files
        return operation

    def describe(self, readiness: str, *, with_connector: bool) -> Document:
        now = datetime.now(UTC)
        document: Document = {
            "@odata.type": "#microsoft.graph.industryData.inboundFileFlow",
            "id": self.settings.id,
            "displayName": self.settings.display_name,
            "readinessStatus": readiness,
            "dataDomain": "educationRostering",
            "effectiveDateTime": timestamp(now - timedelta(days=30)),
            "expirationDateTime": timestamp(now + timedelta(days=300)),
        }
        if with_connector:
            document["dataConnector"] = self.describe_connector()
        return document

    def describe_connector(self) -> Document:
        return {
            "@odata.type": "#microsoft.graph.industryData.azureDataLakeConnector",
            "id": self.settings.connector_id,
            "displayName": self.settings.connector_name,
            "fileFormat": {"code": self.settings.file_format},
        }

    def _open_container(self) -> Container:
        expires = self._clock.now() + timedelta(seconds=self.settings.container_seconds)
        return self._lake.open(self.settings.connector_id, expires)

    def _present_files(self) -> Files:
        if self._container is None or self._lake.is_gone(self._container):
            return {}
        return self._container.contents()

"""Reading the landing container, over real storage: pinned, or not at all."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable

import msgspec
import pytest
from azure.storage.blob import ContainerClient

from local.storage import Azurite
from sync_core.formats import format_named
from sync_core.landing import Export, FileSet, find_exports, pinned_set
from sync_core.landing.candidates import ExportSearch
from sync_core.landing.exports import Manifest, ManifestFile, UnreadableManifest
from sync_core.landing.reading import MANIFEST_BYTES, Landing, still_there
from sync_core.model.errors import (
    ArchiveError,
    ServiceUnreachableError,
    SupersededError,
    UnexpectedAnswerError,
)
from tests.unit.product_kit import EXPORT

SDS_V1 = format_named("sds-v1")
PAGE = 1024


def put(container: ContainerClient, path: str, data: bytes | str) -> None:
    container.upload_blob(f"northwind/{path}", data, overwrite=True)


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"data/{name}.csv", data)
    return packed.getvalue()


def newest(landing: Landing) -> Export:
    return landing.opened(
        find_exports("northwind", landing.listing("northwind"), SDS_V1)[0], SDS_V1
    )


def pinned(landing: Landing) -> FileSet:
    return pinned_set(newest(landing))


def read(landing: Landing, files: FileSet) -> dict[str, bytes]:
    return {file.name: b"".join(landing.chunks(file)) for file in files.files}


@pytest.fixture
def landing(landing_container: ContainerClient) -> Landing:
    return Landing(landing_container)


@pytest.fixture
def paged(landing_container: ContainerClient) -> Landing:
    """The same container read in pages so small that every file has several."""
    return Landing(landing_container, range_bytes=PAGE)


class TestListing:
    def test_a_listing_is_of_one_feed_or_of_all(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        for name in ("northwind/school.csv", "northwind/n/student.csv", "northwind-2/school.csv"):
            landing_container.upload_blob(name, b"123")
        (nightly, ours) = landing.listing("northwind")
        assert (nightly.name, ours.name) == ("northwind/n/student.csv", "northwind/school.csv")
        properties = landing_container.get_blob_client(ours.name).get_blob_properties()
        assert ours.etag.strip('"') == properties.etag.strip('"')
        assert (ours.size, ours.modified) == (3, properties.last_modified.timestamp())
        assert len(landing.listing()) == 3

    def test_a_container_that_is_not_there_is_named_with_what_to_check(
        self, azurite: Azurite, unique_name: Callable[[str], str]
    ) -> None:
        with (
            ContainerClient.from_connection_string(
                azurite.connection_string, unique_name("none")
            ) as container,
            pytest.raises(UnexpectedAnswerError, match=r"404.*northwind.*SIS_STORAGE"),
        ):
            Landing(container).listing("northwind")

    def test_storage_that_cannot_be_reached_may_be_retried(self, dead_port: int) -> None:
        account = f"http://127.0.0.1:{dead_port}/devstoreaccount1"
        with (
            ContainerClient(account, "landing", retry_total=0) as container,
            pytest.raises(ServiceUnreachableError, match="retrying"),
        ):
            Landing(container).listing("northwind")


class TestPinnedReads:
    def test_files_are_read_as_they_lie(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        for name, text in EXPORT.items():
            put(landing_container, name.upper(), text)
        wanted = {name: text.encode() for name, text in EXPORT.items()}
        assert read(landing, pinned(landing)) == wanted

    def test_an_empty_file_is_read_as_nothing(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"")
        assert read(landing, pinned(landing)) == {"school.csv": b""}

    def test_ranges_come_in_their_order(
        self, paged: Landing, landing_container: ContainerClient
    ) -> None:
        pages = [bytes([number]) * PAGE for number in range(1, 12)]
        put(landing_container, "school.csv", b"".join(pages) + b"end")
        (file,) = pinned(paged).files
        assert list(paged.chunks(file)) == [*pages, b"end"]

    def test_who_stops_reading_early_leaves_no_thread_behind(
        self, paged: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"a" * 50 * PAGE)
        (file,) = pinned(paged).files
        chunks = paged.chunks(file)
        next(chunks)
        assert any(thread.name.startswith("ranges") for thread in threading.enumerate())
        chunks.close()
        assert not any(thread.name.startswith("ranges") for thread in threading.enumerate())

    @pytest.mark.parametrize("old", [b"old", b""])
    def test_a_file_that_was_written_anew_is_not_read(
        self, landing: Landing, landing_container: ContainerClient, old: bytes
    ) -> None:
        put(landing_container, "school.csv", old)
        files = pinned(landing)
        put(landing_container, "school.csv", b"new")
        with pytest.raises(SupersededError, match=r"northwind/school\.csv was changed or deleted"):
            read(landing, files)

    def test_a_file_that_has_gone_is_superseded_too(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"old")
        files = pinned(landing)
        landing_container.delete_blob("northwind/school.csv")
        with pytest.raises(SupersededError):
            read(landing, files)

    @pytest.mark.parametrize("change", ["rewritten", "deleted"])
    def test_no_byte_of_another_night_follows_when_a_file_changes_midway(
        self, paged: Landing, landing_container: ContainerClient, change: str
    ) -> None:
        put(landing_container, "school.csv", b"a" * 20 * PAGE)
        (file,) = pinned(paged).files
        chunks = paged.chunks(file)
        assert next(chunks) == b"a" * PAGE
        if change == "rewritten":
            put(landing_container, "school.csv", b"b" * 20 * PAGE)
        else:
            landing_container.delete_blob("northwind/school.csv")
        with pytest.raises(SupersededError):
            list(chunks)

    def test_a_set_is_still_there_until_one_of_its_files_is_not_what_it_was(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"x")
        put(landing_container, "student.csv", b"x")
        files = pinned(landing)
        put(landing_container, "teacher.csv", b"x")
        assert still_there(files, landing.listing())
        put(landing_container, "student.csv", b"x")
        assert not still_there(files, landing.listing())
        assert still_there(pinned(landing), landing.listing())
        landing_container.delete_blob("northwind/school.csv")
        assert not still_there(files, landing.listing())


class TestZips:
    def test_a_zips_files_are_found_wherever_they_lie_in_it(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "n/export.zip", zipped(School=b"SIS ID", readme=b"hello"))
        export = newest(landing)
        assert {name: blob.member for name, blob in export.files.items()} == {
            "school.csv": "data/School.csv"
        }
        assert export.files["school.csv"].size == 6
        assert read(landing, pinned_set(export)) == {"school.csv": b"SIS ID"}

    def test_a_zip_that_windows_wrote_with_backslashes_is_read(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("Export\\School.csv", b"SIS ID")
        put(landing_container, "export.zip", packed.getvalue())
        assert read(landing, pinned(landing)) == {"school.csv": b"SIS ID"}

    def test_a_zip_that_was_written_anew_is_not_read(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "export.zip", zipped(school=b"old"))
        files = pinned(landing)
        put(landing_container, "export.zip", zipped(school=b"new"))
        with pytest.raises(SupersededError):
            read(landing, files)

    def test_a_zip_that_has_gone_is_superseded_too(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "export.zip", zipped(school=b"old"))
        files = pinned(landing)
        landing_container.delete_blob("northwind/export.zip")
        with pytest.raises(SupersededError):
            read(landing, files)

    def test_a_drop_without_a_zip_is_open_already(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"x")
        (export,) = find_exports("northwind", landing.listing("northwind"), SDS_V1)
        assert landing.opened(export, SDS_V1) is export


class TestManifest:
    def manifest_of(
        self, landing: Landing, container: ContainerClient, text: bytes
    ) -> Manifest | UnreadableManifest | None:
        put(container, "school.csv", b"x")
        put(container, "manifest.json", text)
        return landing.manifest(newest(landing))

    def test_it_is_read_as_the_contract_has_it(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        text = b'{"files": [{"name": "School.csv", "size": 1, "sha256": "AB", "more": 1}], "v": 2}'
        found = self.manifest_of(landing, landing_container, text)
        assert found == Manifest((ManifestFile("School.csv", 1, "AB"),))

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"{",
            b"[]",
            b"{}",
            b'{"files": [{"name": "school.csv"}]}',
            b'{"files": "\xff"}',
            b"\xef\xbb\xbf\xef\xbb\xbf{}",
        ],
    )
    def test_one_that_is_not_yet_what_it_should_be_says_so(
        self, landing: Landing, landing_container: ContainerClient, text: bytes
    ) -> None:
        found = self.manifest_of(landing, landing_container, text)
        assert found == UnreadableManifest("a valid manifest.json")

    def test_a_byte_order_mark_is_ignored(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        text = b'\xef\xbb\xbf{"files": [{"name": "school.csv", "size": 1, "sha256": "ab"}]}'
        found = self.manifest_of(landing, landing_container, text)
        assert found == Manifest((ManifestFile("school.csv", 1, "ab"),))

    @pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_utf_16_is_named_as_the_reason(
        self, landing: Landing, landing_container: ContainerClient, codec: str
    ) -> None:
        found = self.manifest_of(landing, landing_container, '{"files": []}'.encode(codec))
        assert found == UnreadableManifest("manifest.json in UTF-8 (it is UTF-16, not UTF-8)")

    def test_one_that_changes_while_it_is_read_is_not_believed(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"x")
        put(landing_container, "manifest.json", b'{"files": []}')
        export = newest(landing)
        put(landing_container, "manifest.json", b'{"files": []}')
        assert isinstance(landing.manifest(export), UnreadableManifest)

    def test_one_of_another_size_than_a_manifest_has_is_not_read(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        text = msgspec.json.encode({"files": [], "more": "x" * MANIFEST_BYTES})
        found = self.manifest_of(landing, landing_container, text)
        assert found == UnreadableManifest("a manifest.json of at most 1 MiB")

    def test_without_one_there_is_none(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"x")
        assert landing.manifest(newest(landing)) is None

    def test_files_with_another_hash_than_listed_are_named(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"north")
        put(landing_container, "student.csv", b"ann")
        right = hashlib.sha256(b"north").hexdigest().upper()
        manifest = Manifest(
            (ManifestFile("School.csv", 5, right), ManifestFile("Student.csv", 3, right))
        )
        files = pinned_set(newest(landing), manifest)
        assert landing.differing_hashes(files, manifest) == (
            "student.csv (its SHA-256 differs from manifest.json)",
        )


class TestStock:
    def test_drops_older_than_the_newest_settled_one_are_not_looked_at(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        for night in ("1", "2", "3"):
            put(landing_container, f"night-{night}/school.csv", night * int(night))
        settled = [
            candidate.files.generation
            for candidate in ExportSearch(landing, "northwind", SDS_V1, lambda _: False)
        ]
        assert len(settled) == 3
        left = ExportSearch(
            landing, "northwind", SDS_V1, lambda files: files.generation == settled[1]
        )
        assert [candidate.files.generation for candidate in left] == settled[:1]

    def test_a_zip_that_cannot_be_opened_is_a_candidate_with_a_problem(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "export.zip", b"PK but no zip")
        (candidate,) = ExportSearch(landing, "northwind", SDS_V1, lambda _: False)
        assert isinstance(candidate.problem, ArchiveError)
        assert [file.blob for file in candidate.files.files] == ["northwind/export.zip"]

    def test_a_files_set_is_what_its_manifest_lists(
        self, landing: Landing, landing_container: ContainerClient
    ) -> None:
        put(landing_container, "school.csv", b"x")
        put(landing_container, "student.csv", b"x")
        listed = {"files": [{"name": "School.csv", "size": 1, "sha256": "0"}]}
        put(landing_container, "manifest.json", msgspec.json.encode(listed))
        (candidate,) = ExportSearch(landing, "northwind", SDS_V1, lambda _: False)
        assert [file.name for file in candidate.files.files] == ["school.csv"]

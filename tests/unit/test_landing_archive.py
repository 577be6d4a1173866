"""Zips from outside: what a careless or a hostile one can do, over real storage."""

import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from copy import copy

import pytest
from azure.storage.blob import BlobClient, ContainerClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.storage import Azurite
from sync_core.landing.archive import member_chunks, members
from sync_core.landing.fileset import PinnedFile
from sync_core.landing.zip_safety import MAX_MEMBERS
from sync_core.model.errors import ArchiveError

MIB = 1024 * 1024
PATTERN = random.Random(7).randbytes(10_000)  # noqa: S311 - something that packs 80 to one
LARGE = len(PATTERN) * 2500

Change = Callable[[zipfile.ZipFile], None]


def packed(
    contents: dict[str, bytes], change: Change | None = None, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A zip of these files; `change` may make its directory say what is not so."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, data in contents.items():
            archive.writestr(path, data)
        if change is not None:
            change(archive)
    return out.getvalue()


class LandedZip:
    """A zip as it lies in the landing container."""

    def __init__(self, container: ContainerClient, data: bytes) -> None:
        self.blob: BlobClient = container.get_blob_client("northwind/export.zip")
        self.etag: str = self.blob.upload_blob(data, overwrite=True)["etag"]
        self.size = len(data)

    def members(self) -> list[tuple[str, int]]:
        return members(self.blob, self.etag, self.size)

    def chunks(self, path: str, size: int) -> Iterator[bytes]:
        file = PinnedFile(
            name="school.csv", blob="northwind/export.zip", etag=self.etag, size=size, member=path
        )
        return member_chunks(self.blob, file, self.size)

    def read_all(self) -> dict[str, bytes]:
        return {path: b"".join(self.chunks(path, size)) for path, size in self.members()}


Land = Callable[[bytes], LandedZip]


@pytest.fixture
def land(landing_container: ContainerClient) -> Land:
    return lambda data: LandedZip(landing_container, data)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_what_was_packed_is_read(land: Land, method: int) -> None:
    contents = {"data/School.csv": PATTERN, "student.csv": b"", "../../teacher.csv": b"t"}
    assert land(packed(contents, method=method)).read_all() == contents


def test_folders_and_what_a_mac_adds_are_no_files(land: Land) -> None:
    contents = {"data/": b"", "data/school.csv": b"x", "__MACOSX/data/school.csv": b"y"}
    assert land(packed(contents)).members() == [("data/school.csv", 1)]


def test_members_with_backslashes_are_read_and_their_folders_are_no_files(land: Land) -> None:
    contents = {"Export\\": b"", "Export\\school.csv": b"x", "__MACOSX\\school.csv": b"y"}
    assert land(packed(contents)).read_all() == {"Export\\school.csv": b"x"}


def test_two_hundred_files_are_the_most(land: Land) -> None:
    full = {f"{number}.csv": b"" for number in range(MAX_MEMBERS)}
    assert len(land(packed(full)).members()) == MAX_MEMBERS
    with pytest.raises(ArchiveError, match="contains more than 200 files"):
        land(packed({**full, "one-more.csv": b""})).members()


def test_a_directory_longer_than_any_honest_one_is_not_read(land: Land) -> None:
    def bloat(archive: zipfile.ZipFile) -> None:
        for info in archive.infolist():
            info.comment = b"x" * 65_000

    landed = land(packed({f"{number}.csv": b"a" for number in range(MAX_MEMBERS)}, bloat))
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match="is damaged or is not a zip"):
            landed.members()
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


def test_a_file_that_unfolds_to_a_thousand_times_its_size_is_refused(land: Land) -> None:
    with pytest.raises(ArchiveError, match="unpacks to more than 250 times its size"):
        land(packed({"school.csv": bytes(4 * MIB)})).members()


def test_a_file_that_packs_as_rosters_do_is_not_refused(land: Land) -> None:
    roster = PATTERN * 400
    assert land(packed({"school.csv": roster})).read_all() == {"school.csv": roster}


def test_files_that_share_their_bytes_are_refused(land: Land) -> None:
    def share(archive: zipfile.ZipFile) -> None:
        for number in range(150):
            twin = copy(archive.filelist[0])
            twin.filename = f"{number}.csv"
            archive.filelist.append(twin)

    with pytest.raises(ArchiveError, match="unpacks to more than 250 times its size"):
        land(packed({"school.csv": PATTERN * 200}, share)).members()


def test_a_zip_that_says_it_unpacks_to_more_than_any_school_has_is_refused(land: Land) -> None:
    def swell(archive: zipfile.ZipFile) -> None:
        archive.filelist[0].file_size = 65 * 1024**3

    with pytest.raises(ArchiveError, match="unpacks to more than 64 GiB"):
        land(packed({"school.csv": b"x"}, swell)).members()


def test_an_encrypted_zip_is_refused(land: Land) -> None:
    def encrypt(archive: zipfile.ZipFile) -> None:
        archive.filelist[-1].flag_bits |= 1

    with pytest.raises(ArchiveError, match="is encrypted"):
        land(packed({"school.csv": b"x", "student.csv": b"x"}, encrypt)).members()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_whose_method_may_claim_any_memory_is_refused(land: Land, method: int) -> None:
    with pytest.raises(ArchiveError, match="uses an unsupported compression method"):
        land(packed({"school.csv": b"x"}, method=method)).members()


def test_two_files_of_one_name_are_refused_in_whatever_folder_and_case(land: Land) -> None:
    for other in ("b/school.CSV", "b\\school.csv"):
        with pytest.raises(ArchiveError, match="contains two files with the same name"):
            land(packed({"a/School.csv": b"x", other: b"y"})).members()


def test_files_that_a_mac_or_windows_adds_to_each_folder_are_no_duplicates(land: Land) -> None:
    contents = {"data/school.csv": b"x", ".DS_Store": b"y", "data/.DS_Store": b"y"}
    assert ("data/school.csv", 1) in land(packed(contents)).members()


@pytest.mark.parametrize(
    ("contents", "advice"),
    [
        ({"a/school.csv": b"", "b/school.csv": b""}, "each of them once"),
        ({f"{number}.csv": b"" for number in range(201)}, "only the CSV files of one export"),
        ({"school.csv": bytes(4 * MIB)}, "deliver the CSV files themselves"),
    ],
)
def test_the_advice_is_about_what_is_wrong(
    land: Land, contents: dict[str, bytes], advice: str
) -> None:
    with pytest.raises(ArchiveError, match=advice):
        land(packed(contents)).members()


@pytest.mark.parametrize("said", [1, len(PATTERN) - 1, len(PATTERN) + 1, len(PATTERN) * 2])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_file_of_another_size_than_its_zip_says_is_refused(
    land: Land, said: int, method: int
) -> None:
    def lie(archive: zipfile.ZipFile) -> None:
        archive.filelist[0].file_size = said

    zipped = land(packed({"school.csv": PATTERN, "student.csv": PATTERN}, lie, method))
    assert zipped.members()[0] == ("school.csv", said)
    taken: list[bytes] = []
    with pytest.raises(ArchiveError, match="is damaged or is not a zip"):
        taken.extend(zipped.chunks("school.csv", said))
    assert sum(map(len, taken)) <= said


@pytest.mark.parametrize("kept", [0, 1, 30, 0.5, 0.9, -1])
def test_a_zip_that_was_cut_off_is_refused(land: Land, kept: float) -> None:
    whole = packed({"school.csv": PATTERN})
    cut = int(kept * len(whole)) if isinstance(kept, float) else kept
    with pytest.raises(ArchiveError, match="Create the zip again, then deliver it"):
        land(whole[:cut]).members()


def test_bytes_that_were_damaged_on_the_way_are_noticed_before_the_end(land: Land) -> None:
    whole = bytearray(packed({"school.csv": PATTERN * 5}))
    whole[200:300] = bytes(100)
    with pytest.raises(ArchiveError):
        land(bytes(whole)).read_all()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8),
    st.sampled_from([zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]),
)
def test_whatever_is_wrong_in_a_zip_is_one_kind_of_error(
    land: Land, damage: list[tuple[int, int]], method: int
) -> None:
    whole = bytearray(packed({"school.csv": b"SIS ID,Name\n" * 9, "a/é.csv": b"x"}, None, method))
    for place, value in damage:
        whole[place % len(whole)] = value
    try:
        for path, data in land(bytes(whole)).read_all().items():
            assert isinstance(path, str)
            assert data in (b"SIS ID,Name\n" * 9, b"x", b"")
    except ArchiveError as refusal:
        assert str(refusal).startswith("northwind/export.zip ")  # noqa: PT017 - it may not come


class TestCost:
    """What a large zip costs: its members are read in place, a part at a time."""

    @pytest.fixture
    def large(
        self, azurite: Azurite, landing_container: ContainerClient
    ) -> Iterator[tuple[LandedZip, list[int]]]:
        transfers: list[int] = []
        LandedZip(
            landing_container,
            packed({"school.csv": PATTERN * 2500, "student.csv": b"x"}, method=zipfile.ZIP_STORED),
        )
        with ContainerClient.from_connection_string(
            azurite.connection_string,
            landing_container.container_name,
            raw_response_hook=lambda answer: transfers.append(
                int(answer.http_response.headers.get("Content-Length", 0))
            ),
        ) as container:
            zipped = LandedZip.__new__(LandedZip)
            zipped.blob = container.get_blob_client("northwind/export.zip")
            properties = zipped.blob.get_blob_properties()
            zipped.etag, zipped.size = properties.etag, properties.size
            transfers.clear()
            yield zipped, transfers

    def test_looking_into_a_zip_fetches_its_directory_and_not_its_files(
        self, large: tuple[LandedZip, list[int]]
    ) -> None:
        zipped, transfers = large
        assert zipped.members() == [("school.csv", LARGE), ("student.csv", 1)]
        assert sum(transfers) < zipped.size / 4

    def test_a_file_is_fetched_once_and_held_a_block_at_a_time(
        self, large: tuple[LandedZip, list[int]]
    ) -> None:
        zipped, transfers = large
        taken = 0
        tracemalloc.start()
        try:
            for block in zipped.chunks("school.csv", LARGE):
                taken += len(block)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert taken == LARGE
        assert sum(transfers) < zipped.size * 1.5
        # Blocks are of a MiB, and the SDK holds its own copies of one.
        assert peak < LARGE * 0.6

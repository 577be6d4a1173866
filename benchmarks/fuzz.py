"""Compares engine and oracle on randomly damaged sets, with several block sizes.

`python -m benchmarks.fuzz 10000 1` compares ten thousand sets, from seed 1 on.
"""

import random
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from operator import index

from benchmarks.corpus import HEADER
from benchmarks.oracle import judge
from benchmarks.oracle_findings import Fault
from sync_core.formats import Format, format_named
from sync_core.model.target_kinds import NO_LIMITS, FileLimits
from sync_core.validation.engine import validate
from sync_core.validation.model import CsvFile

SDS_V1 = format_named("sds-v1")
BLOCKS = (13, 120, 30, 1 << 21, 50)
"""Each set is read with two neighbouring sizes; the first and the last are neighbours too.

One of two neighbours is smaller than most files of BASE, so that they read a set differently.
"""
BLOCKS_OF_LARGE = (1500, 6000, 1 << 21)

BASE: Mapping[str, bytes] = {
    "school.csv": b"SIS ID,Name\nN,North\n0S,South\n",
    "student.csv": HEADER
    + b"".join(
        b"s%d,N,user%d,2010-04-%02d,Ann,a%d@b.example\n" % (i, i, i + 1, i) for i in range(8)
    ),
    "teacher.csv": b"SIS ID,School SIS ID,Username\r\nt1,N,cleo\r\nt2,N,dee\r\n",
    "section.csv": b'SIS ID,School SIS ID,Section Name\nc1,N,Maths\nc2,N,"Art, Music"\n',
    "studentenrollment.csv": b"Section SIS ID,SIS ID\r\n"
    + b"".join(b"c1,s%d\r\n" % i for i in range(8)),
    "teacherroster.csv": b"Section SIS ID,SIS ID\nc1,t1\nc2,t2\n",
    "user.csv": b"Email,First Name,Last Name,Phone,SIS ID\np@home.example,Pat,Example,,\n",
    "guardianrelationship.csv": b"SIS ID,Email,Role\ns1,p@home.example,Parent\n",
}

LARGE: Mapping[str, bytes] = {
    **BASE,
    "student.csv": HEADER.replace(b",Username", b",Not looked at,Username")
    + b"".join(
        b's%d,N,x,user%d,2010-04-09,"Ann, %d",\n' % (i, i, i)
        if i % 9 == 0
        else b"s%d,N,,user%d,2010-04-09,An\xc3\xa9,a%d@b.example\n" % (i, i, i)
        for i in range(500)
    ),
    "studentenrollment.csv": b"Section SIS ID,SIS ID\r\n"
    + b"".join(b"c%d,s%d\r\n" % (i % 2 + 1, i // 2) for i in range(1000)),
}
"""Enough rows that the engine reads a few irregular records among them one at a time."""

TOGETHER = 100
LARGE_FILES = ("student.csv", "studentenrollment.csv")

TOKENS = (
    *(b'"', b",", b"\n", b"\r", b"\r\n", b'""', b'","', b" ", b"\0", b"\xff", b"\xe9", b"\xc3\xa9"),
    *(b"\xef\xbb\xbf", b"0", b"00", b"s1", b"a", b"\n\n", b"45000", b"\xe2\x80\xa8", b"\x1c"),
    *(
        b"2.1E+11",
        b"#N/A",
        b"NULL",
        b"=",
        b".0",
        b"7-Jan",
        b"\xe2\x80\x8b",
        b"\xef\xbf\xbd",
        b"\x7f",
    ),
    *(
        b"1234567890123450",
        b"\xc2\xa0",
        b"@",
        b"x" * 70,
        b'"\n',
        b'\n"',
        b",,",
        b";",
        b"\t",
        b"S",
        b"N",
    ),
    *(b'="1"', b'\n="', b',="'),
    *(b"\x1a", b"\n,,,,,\n", b"\n(3 rows)\r\n", b"\nTotal,8\n", b",,,\n"),
)


LIMITS = FileLimits(rows=8, class_id_characters='@,;"x')


def judged(
    fmt: Format,
    files: Mapping[str, bytes],
    block_size: int,
    limits: FileLimits = NO_LIMITS,
) -> tuple[set[Fault], object]:
    """The engine's result in the form of the oracle's result."""
    given = [CsvFile(name, partial(_blocks, data)) for name, data in files.items()]
    found = validate(fmt, given, block_size=block_size, limits=limits)
    faults = {
        # `index` raises for anything but integers, which the documents require.
        (f.file_name, f.rule, f.field, f.type, index(f.count), tuple(map(index, f.rows)))
        for f in found.findings
    }
    return faults, dict(found.rows)


def _blocks(data: bytes) -> Iterator[bytes]:
    yield data


def mutated_set(seed: int) -> tuple[dict[str, bytes], tuple[int, int]]:
    """A set damaged at a few offsets, and two block sizes to read it with."""
    dice = random.Random(seed)
    is_large = dice.random() < 0.1
    files = dict(LARGE if is_large else BASE)
    damaged = LARGE_FILES if is_large else dice.sample(sorted(files), dice.randint(1, 3))
    for name in damaged:
        for _ in range(dice.randint(1, 9 if is_large else 4)):
            files[name] = _mutated(files[name], dice)
    if dice.random() < 0.1:
        files["student.csv"] = b"".join(dice.choices(TOKENS, k=dice.randrange(60)))
    sizes = BLOCKS_OF_LARGE if is_large else BLOCKS
    return files, (sizes[seed % len(sizes)], sizes[(seed + 1) % len(sizes)])


def _mutated(data: bytes, dice: random.Random) -> bytes:
    offset, kind = dice.randrange(len(data) + 1), dice.random()
    if kind < 0.6:
        return data[:offset] + dice.choice(TOKENS) * dice.choice((1, 1, 2)) + data[offset:]
    if kind < 0.75:
        return data[:offset] + data[offset + dice.randint(1, 6) :]
    if kind < 0.9:
        return _comma_moved(data, offset, dice)
    lines = data.split(b"\n")
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return b"\n".join(lines)


def _comma_moved(data: bytes, offset: int, dice: random.Random) -> bytes:
    """Move a comma from one record to another, so that their total stays the same."""
    comma = data.find(b",", offset)
    if comma < 0:
        return data
    # The inserted bytes can make the short record irregular.
    without = data[:comma] + dice.choice((b"", b" ", b"\0", b"\xe9", b'"')) + data[comma + 1 :]
    target = dice.randrange(len(without) + 1)
    return without[:target] + b"," + without[target:]


def differences(first: int, count: int) -> list[tuple[int, int]]:
    """The seeds and block sizes on which engine and oracle do not agree."""
    return [found for seed in range(first, first + count) for found in _differences(seed)]


def _differences(seed: int) -> Iterator[tuple[int, int]]:
    files, block_sizes = mutated_set(seed)
    expected = judge(SDS_V1, files, LIMITS)
    for block_size in block_sizes:
        if judged(SDS_V1, files, block_size, LIMITS) != expected:
            yield seed, block_size


def main() -> int:
    count, first = (int(word) for word in (*sys.argv[1:], "10000", "1")[:2])
    starts = range(first, first + count, TOGETHER)
    found: list[tuple[int, int]] = []
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        sizes = (min(TOGETHER, first + count - start) for start in starts)
        for done, some in enumerate(pool.map(differences, starts, sizes), start=1):
            found += some
            if sys.stderr.isatty():
                print(f"\r{min(done * TOGETHER, count):,} of {count:,}", end="", file=sys.stderr)
    print(f"\n{count} sets, {len(found)} disagreements {found[:10]}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

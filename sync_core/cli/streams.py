"""Standard output and standard error as they really are: closed, full, or in a code page."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from sync_core.cli.encoding import write_ascii_unless_utf
from sync_core.cli.exit_codes import CANNOT

_CLOSED = {errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE}


class OutputLostError(OSError):
    """What was printed cannot be written, for example because the disk is full."""


class _OpenEnded(io.RawIOBase):
    """A stream whose reader may leave: what nobody reads any more is dropped without an error."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: object) -> int:
        try:
            return self._raw.write(data) or 0  # type: ignore[arg-type]
        except OSError as error:
            if error.errno not in _CLOSED:
                raise OutputLostError(error.errno, error.strerror) from None
            return len(memoryview(data))  # type: ignore[arg-type]


@contextmanager
def standard_streams() -> Iterator[None]:
    """Make standard output and error readable in any code page, and end with an exit code.

    A reader that leaves, such as `head`, ends nothing. Output that cannot be written ends the
    command with CANNOT and one sentence.
    """
    sys.stdout, sys.stderr = _open_ended(sys.stdout), _open_ended(sys.stderr)
    write_ascii_unless_utf((sys.stdout, sys.stderr))
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OutputLostError as error:
        _drop(sys.stdout)
        with suppress(OSError):
            sys.stderr.write(f"The output cannot be written: {error.strerror}.\n")
        raise SystemExit(CANNOT) from None


def _open_ended(stream: TextIO) -> TextIO:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    if not isinstance(raw, io.RawIOBase):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_OpenEnded(raw)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=getattr(stream, "line_buffering", False),
    )


def _drop(stream: TextIO) -> None:
    """Lead a stream to nowhere, so that the interpreter can flush it when it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

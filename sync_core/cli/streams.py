"""Standard output and standard error as they really are: closed, full, or in a code page."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sync_core.cli.encoding import write_ascii_unless_utf
from sync_core.cli.exit_codes import CANNOT

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_CLOSED = {errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE}


class OutputLostError(OSError):
    """What was printed cannot be written, for example because the disk is full."""


class _PipeTolerant(io.RawIOBase):
    """A stream whose reader may close it: later output is discarded without an error."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: "ReadableBuffer") -> int:
        try:
            return self._raw.write(data)
        except OSError as error:
            if error.errno not in _CLOSED:
                raise OutputLostError(error.errno, error.strerror) from None
            return len(memoryview(data))


@contextmanager
def standard_streams() -> Iterator[None]:
    """Make standard output and error readable in any code page, and end with an exit code.

    If the reader closes the pipe, as `head` does, the command continues. Output that cannot be
    written ends the command with CANNOT and one sentence.
    """
    sys.stdout, sys.stderr = _pipe_tolerant(sys.stdout), _pipe_tolerant(sys.stderr)
    write_ascii_unless_utf((sys.stdout, sys.stderr))
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OutputLostError as error:
        _discard(sys.stdout)
        try:
            sys.stderr.write(f"The output cannot be written: {error.strerror}.\n")
        except OSError:
            _discard(sys.stderr)
        raise SystemExit(CANNOT) from None


def _pipe_tolerant(stream: TextIO | None) -> TextIO:
    if stream is None:
        # The caller has closed it (`>&-`).
        return Path(os.devnull).open("w", encoding="utf-8")
    # Without buffers (PYTHONUNBUFFERED), the buffer is the raw stream itself.
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if not isinstance(raw, io.FileIO):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_PipeTolerant(raw)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(stream.line_buffering),
    )


def _discard(stream: TextIO) -> None:
    """Redirect a stream to the null device, so that the interpreter can flush it at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

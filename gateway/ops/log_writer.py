"""A bounded queue and a thread between log calls and stdout: a pipe nobody reads stalls nothing."""

import os
import select
import threading
import weakref
from collections import deque
from collections.abc import Callable

RECORDS_MAX = 8_192
BATCH_MAX = 256
CLOSE_WAIT_S = 2.0


class LogWriter:
    """Writes whole lines to a file descriptor from a thread of its own.

    `write` never blocks and never raises: what finds the queue full is dropped and counted. When
    the pipe flows again, `report` is called with the number dropped since the last report.
    """

    def __init__(
        self,
        *,
        fd: int = 1,
        records_max: int = RECORDS_MAX,
        report: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._fd = fd
        self._records_max = records_max
        self._report = report
        self._begin()
        _after_fork(self)

    def _begin(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._lines: deque[bytes] = deque()
        self._thread: threading.Thread | None = None
        self._dropped = 0
        self._unreported = 0
        self._is_closed = False

    @property
    def dropped(self) -> int:
        """Return how many records this process has dropped."""
        return self._dropped

    def write(self, line: bytes) -> None:
        """Queue one line (without its line feed)."""
        with self._changed:
            if self._is_closed or len(self._lines) >= self._records_max:
                self._dropped += 1
                self._unreported += 1
                return
            self._lines.append(line)
            if self._thread is None:
                # Started by the first record, so that a process that forks first has its own.
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, wait_s: float = CLOSE_WAIT_S) -> None:
        """Write out what is queued, within `wait_s`; what an unread pipe does not take is lost."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(wait_s)

    def _run(self) -> None:
        while batch := self._take():
            lost = self._put(b"\n".join(batch) + b"\n", len(batch))
            with self._changed:
                self._dropped += lost
                dropped = 0 if lost else self._unreported
                self._unreported -= dropped
            if dropped:
                self._report(dropped)

    def _take(self) -> list[bytes]:
        """Return the next lines; nothing means closed and empty."""
        with self._changed:
            while not self._lines and not self._is_closed:
                self._changed.wait()
            return [self._lines.popleft() for _ in range(min(BATCH_MAX, len(self._lines)))]

    def _put(self, data: bytes, lines: int) -> int:
        """Write all of `data`; return how many lines were lost because the pipe is closed."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:  # the parent made the pipe non-blocking for itself
                select.select([], [self._fd], [])
            except OSError:  # closed at the other end: the work goes on without a log
                return lines
        return 0


def _after_fork(writer: LogWriter) -> None:
    """Give a forked child its own queue, lock and thread; the parent's lines stay the parent's."""
    reference = weakref.ref(writer)

    def begin_again() -> None:
        if (survivor := reference()) is not None:
            survivor._begin()  # noqa: SLF001 - this module's own class

    os.register_at_fork(after_in_child=begin_again)

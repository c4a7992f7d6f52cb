"""Structured logs: one JSON object a line, one chain for our events and for libraries' words."""

import atexit
import logging
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Protocol
from uuid import UUID

import orjson
import structlog
from pydantic import SecretStr

from gateway.config import Settings
from gateway.domain.identifier import ID_PREFIXES, public_id, read_id
from gateway.ops.clock import utc_now
from gateway.ops.log_writer import LogWriter
from gateway.ops.redaction import Redaction, message_of

CAUSES_MAX = 5
FRAMES_MAX = 40
# These say once more, with addresses, what `request.answered` says.
SILENT_LIBRARIES = ("aiohttp.access", "httpx", "httpcore")

# In every record, or bound to the context by whoever knows them.
ALWAYS = frozenset(
    {"event", "timestamp", "level", "request_id", "worker_id", "trace_id", "member_ref"}
)

Record = MutableMapping[str, Any]
log = structlog.get_logger()


class _Chain(Protocol):
    def __call__(self, logger: object, method: str, event_dict: Record, /) -> Record: ...


def configure_logging(settings: Settings, *, fd: int = 1) -> LogWriter:
    """Send every log record of this process to `fd`; close the returned writer when all is done.

    Call it after the last fork, or before: each process writes through a thread of its own.
    """
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    writer = LogWriter(fd=fd, report=_report_dropped)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _always(settings.instance),
            _describe_exception,
            _public_ids,
            Redaction(_secrets(settings)),
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _Lines(writer),
        cache_logger_on_first_use=False,
    )
    _take_over_libraries(level)
    sys.excepthook = _log_crash
    atexit.register(writer.close)
    return writer


class _Lines:
    """What structlog calls with a rendered record, whatever its level."""

    def __init__(self, writer: LogWriter) -> None:
        self.debug = self.info = self.warning = self.error = self.critical = writer.write
        self.exception = self.msg = self.log = writer.write


class _LibraryHandler(logging.Handler):
    """Makes one event of whatever a library says through the standard library's logging."""

    def emit(self, record: logging.LogRecord) -> None:
        log.log(
            max(record.levelno, logging.DEBUG),
            "library.logged",
            logger=record.name,
            message=_message_of_record(record),
            exc_info=record.exc_info,
        )


def _message_of_record(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a library's own mistake must not cost us the record
        return str(record.msg)


def _take_over_libraries(level: int) -> None:
    logging.root.handlers[:] = [_LibraryHandler()]
    logging.root.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)
    for name in SILENT_LIBRARIES:
        logging.getLogger(name).disabled = True


def _always(instance: str) -> _Chain:
    def add(_logger: object, _method: str, event_dict: Record, /) -> Record:
        # UTC by the machine's own clock: to be laid beside the host's logs and the bank's.
        stamp = utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        first = {"event": event_dict.pop("event", ""), "timestamp": stamp}
        if "request_id" not in event_dict:
            event_dict.setdefault("worker_id", instance)
        event_dict.setdefault("trace_id", None)
        return first | dict(event_dict)

    return add


def _public_ids(_logger: object, _method: str, event_dict: Record, /) -> Record:
    """Show an id as the API and the commands show it: what was found in one place is found here."""
    for name, prefix in ID_PREFIXES.items():
        value = event_dict.get(name)
        identifier = value if isinstance(value, UUID) else _typed(prefix, value)
        if identifier is not None:
            event_dict[name] = public_id(prefix, identifier)
    return event_dict


def _typed(prefix: str, value: object) -> UUID | None:
    return read_id(prefix, value) if isinstance(value, str) else None


def _describe_exception(_logger: object, _method: str, event_dict: Record, /) -> Record:
    error = _exception(event_dict.pop("exc_info", None))
    if error is not None:
        event_dict["error"] = type(error).__name__
        event_dict["exception"] = "\n".join(_chain_of(error))
    return event_dict


def _exception(exc_info: object) -> BaseException | None:
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    elif exc_info and not isinstance(exc_info, BaseException):
        exc_info = sys.exc_info()[1]
    return exc_info if isinstance(exc_info, BaseException) else None


def _chain_of(error: BaseException) -> list[str]:
    """Return types, messages and frames, the raised one first. No source lines and no values."""
    lines: list[str] = []
    current: BaseException | None = error
    for _ in range(CAUSES_MAX):
        if current is None:
            break
        lines.append(f"{type(current).__name__}: {message_of(current)}")
        frames = traceback.extract_tb(current.__traceback__)[-FRAMES_MAX:]
        lines += [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        current = current.__cause__ or current.__context__
    return lines


def _render(_logger: object, _method: str, event_dict: Record, /) -> bytes:
    return orjson.dumps(event_dict, default=lambda value: f"[{type(value).__name__}]")


def _secrets(settings: Settings) -> list[str]:
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def _report_dropped(dropped: int) -> None:
    log.warning("log.dropped", dropped=dropped)


def _log_crash(
    kind: type[BaseException], error: BaseException, frames: TracebackType | None
) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, frames)
        return
    log.critical("process.crashed", exc_info=error)

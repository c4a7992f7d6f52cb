"""The note that a demo leaves in its data directory: its banks' addresses and identities.

Commands beside a demo call the banks of that demo, whatever else runs on this machine; a bank that
only has the address of one of them is not it.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from gateway.app import database_name
from gateway.config import Settings
from gateway.domain.errors import NotReady

FILE = "demo.json"
WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class DemoBank:
    """An emulated bank: its address, and the name that its books have for good."""

    url: str
    identity: str


@dataclass(frozen=True, slots=True)
class DemoNote:
    """A demo's database as commands name it, how its clock is shifted (seconds), its banks."""

    database: str
    clock_shift_s: float
    banks: Mapping[str, DemoBank]


def write_note(data_dir: Path, note: DemoNote) -> None:
    """Write it down, all of it or nothing. Blocks: call it in a thread."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = data_dir / f"{FILE}.new"
    partial.write_text(json.dumps(asdict(note), indent=2), "utf-8")
    partial.rename(data_dir / FILE)


def read_note(settings: Settings) -> DemoNote | None:
    """Return the note of the demo on the settings' database, None if none was started there.

    Raises NotReady for a note that cannot be read: whose banks would be called then?
    """
    path = settings.data_dir / FILE
    if settings.environment == "production" or not path.exists():
        return None
    try:
        told = json.loads(path.read_text("utf-8"))
        banks = {name: DemoBank(**bank) for name, bank in told["banks"].items()}
        note = DemoNote(str(told["database"]), float(told["clock_shift_s"]), banks)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotReady(f"{path}: cannot be read; start the demo again, or remove it") from error
    return note if _is_of(settings, note) else None


def _is_of(settings: Settings, note: DemoNote) -> bool:
    """Return whether the note is this database's; an embedded one has it beside itself."""
    return settings.database_url is None or note.database == database_name(settings)


def beside_demo(settings: Settings) -> Settings:
    """Return the settings with the demo's banks and clock, but for what is set otherwise."""
    note = read_note(settings)
    if note is None:
        return settings
    told: dict[str, object] = {f"{name}_base_url": one.url for name, one in note.banks.items()}
    told["clock_shift_s"] = note.clock_shift_s
    given = settings.model_fields_set
    return settings.model_copy(update={k: v for k, v in told.items() if k not in given})


async def strangers(settings: Settings) -> dict[str, str]:
    """Return what is wrong with which bank: it is not the one that the demo's database is about."""
    note = await asyncio.to_thread(read_note, settings)
    if note is None:
        return {}
    addresses = {name: getattr(settings, f"{name}_base_url") for name in note.banks}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=WAIT_S)) as control:
        found = await asyncio.gather(*(_identity(control, url) for url in addresses.values()))
    return {
        name: f"at {addresses[name]} {_said(identity)}"
        for (name, bank), identity in zip(note.banks.items(), found, strict=True)
        if identity != bank.identity
    }


async def refuse_strangers(settings: Settings) -> None:
    """Raise NotReady unless every bank is the one that the demo's database is about."""
    wrong = await strangers(settings)
    if wrong:
        said = "\n".join(f"{name} {what}" for name, what in wrong.items())
        raise NotReady(f"{said}\nnothing was asked and nothing was written")


async def _identity(control: aiohttp.ClientSession, url: str) -> str | None:
    """Return which bank answers there; None: none does, "" if it does not say."""
    try:
        async with control.get(f"{url}/_sandbox/identity") as answer:
            told = await answer.json(content_type=None) if answer.ok else {}
    except (aiohttp.ClientError, TimeoutError):
        return None
    except ValueError:
        return ""
    return str(told.get("identity", "")) if isinstance(told, dict) else ""


def _said(identity: str | None) -> str:
    if identity is None:
        return "does not answer: is this demo running?"
    return "is another bank than this demo's: its books are not those that the database is about"

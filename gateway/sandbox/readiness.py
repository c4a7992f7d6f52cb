"""The line by which a program that started the emulators learns where they are."""

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from gateway.sandbox.control import PREFIX
from gateway.sandbox.server import Sandbox


def readiness_line(sandbox: Sandbox, certificates: Path | None) -> str:
    """Return one line of JSON in ASCII: the process, and of each bank its port and addresses.

    `certificates` is the directory of `--tls`, null without it.
    """
    banks = {
        name: {
            "port": urlsplit(url).port,
            "url": url,
            "base_url": f"{url}{sandbox.banks[name].spec.base_path}",
            "control_url": f"{url}{PREFIX}",
        }
        for name, url in sandbox.urls.items()
    }
    directory = None if certificates is None else str(certificates)
    return json.dumps({"pid": os.getpid(), "certificates": directory, "banks": banks})

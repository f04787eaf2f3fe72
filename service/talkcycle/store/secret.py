"""The service's secret, which wraps the keys of all rounds."""

import os
import secrets
from pathlib import Path


def service_secret(given: str | None, data: Path) -> bytes:
    """What IT gave, else the data folder's ``secret``, made on first start and readable by the service alone."""
    if given is not None:
        return given.encode()
    path = data / "secret"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(32).encode())
        file.flush()
        os.fsync(file.fileno())
    return path.read_bytes().strip()

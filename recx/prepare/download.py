"""Fetch an archive, believe it only when its checksum is right, and unpack it whole or not at all."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from recx import store
from recx.errors import DataError

TIMEOUT = 30
"""Seconds without a byte."""


def fetch_zip(url: str, md5: str, folder: Path) -> None:
    """Make ``folder`` of the files of a zip archive, without the folders inside it.

    Raises DataError where the archive cannot be fetched, is cut short or has another checksum; then no folder
    is left.
    """
    with store.locked(folder):
        if folder.is_dir():
            return  # another process was faster
        store.sweep_up(folder.parent)
        with store.atomic_folder(folder) as temporary:
            archive = temporary / "archive.zip"
            found = _fetch(url, archive)
            if found != md5:
                raise DataError(
                    f"{url} has the md5 checksum {found} instead of {md5}; it was cut short or changed: "
                    "try again, or fetch it yourself and name its unpacked folder with dataset.path=..."
                )
            _unpack(archive, temporary, url)
            archive.unlink()


def _fetch(url: str, file: Path) -> str:
    """Write what ``url`` serves; its md5."""
    digest = hashlib.md5(usedforsecurity=False)
    try:
        response = urllib.request.urlopen(url, timeout=TIMEOUT)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise DataError(
            f"{url} cannot be fetched ({str(reason).lower()}); name a local copy with dataset.path=..."
        ) from error
    with response, open(file, "wb") as target:
        while block := _read(response, url):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()


def _read(response: http.client.HTTPResponse, url: str) -> bytes:
    try:
        return response.read(1 << 16)
    except (http.client.HTTPException, OSError) as error:
        raise DataError(f"{url} broke off ({error or type(error).__name__}); try again") from error


def _unpack(archive: Path, folder: Path, url: str) -> None:
    try:
        with zipfile.ZipFile(archive) as files:
            for member in files.infolist():
                if not member.is_dir():
                    (folder / Path(member.filename).name).write_bytes(files.read(member))
    except zipfile.BadZipFile as error:
        raise DataError(f"{url} is no zip archive ({str(error).lower()})") from error

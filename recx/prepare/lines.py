"""Text in which a line is a list of words."""

from __future__ import annotations

import gzip
from pathlib import Path

from recx.errors import DataError
from recx.prepare.rawfile import check_file


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 text, gzipped or not; DataError if it is missing, empty, binary or cut short."""
    check_file(path)
    raw = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    if b"\0" in raw[: 1 << 16]:
        raise DataError(f"{path} is binary, not text; is it another format than its name says?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{path}: line {line} is not utf-8; convert it: iconv -f latin1 -t utf-8") from error
    lines = text.splitlines()
    if not any(line.strip() for line in lines):
        raise DataError(f"{path} is empty")
    return lines

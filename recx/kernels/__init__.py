"""Compiled inner loops: plain arrays in, plain arrays out.

What numba has compiled it keeps until the file of the function changes; that a function which it calls has
changed, in another file, it does not see. So all that is kept of this room is dropped when any of its files
has changed, wherever numba keeps it.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

import numba as nb

STATE = "kernels.sha256"
"""Beside what is kept: the hash of the files that it was compiled from."""


@nb.njit(cache=True)
def _nothing() -> None:
    """Is kept where all of this room is."""


def _drop_stale() -> None:
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    state = Path(str(_nothing.stats.cache_path)) / STATE
    with suppress(OSError):  # another process is dropping them, too
        if not state.is_file() or state.read_text() != digest.hexdigest():
            for kept in (*state.parent.glob("*.nbi"), *state.parent.glob("*.nbc")):
                kept.unlink(missing_ok=True)
            state.write_text(digest.hexdigest())


_drop_stale()

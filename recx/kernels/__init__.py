"""Compiled inner loops: plain arrays in, plain arrays out.

What numba has compiled it keeps until the file of the function changes; that a function which it calls has
changed, in another file, it does not see. So it keeps kernels below a folder named after the content of all
of this room: in its ``__pycache__``, in NUMBA_CACHE_DIR where that is set, or else in the user's own cache.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from numba import config


def _keep_by_content() -> None:
    room, digest = Path(__file__).parent, hashlib.sha256()
    for file in sorted(room.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "recx"
    given: str = config.CACHE_DIR  # type: ignore[attr-defined]
    for home in [Path(given)] if given else [room / "__pycache__", own]:
        folder = home / f"kernels-{digest.hexdigest()[:16]}"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # numba is not typed
                return


_keep_by_content()

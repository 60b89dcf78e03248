"""A run by the definitions of other libraries: one file each, this table is the contents page."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.evaluate.doctor.library import Library
    from recx.evaluate.doctor.verb import doctor as doctor

LIBRARIES: dict[str, str] = {
    "RecBole": "recx.evaluate.doctor.recbole:RECBOLE",
    "LensKit": "recx.evaluate.doctor.lenskit:LENSKIT",
    "RecTools": "recx.evaluate.doctor.rectools:RECTOOLS",
    "RePlay": "recx.evaluate.doctor.replay:REPLAY",
    "Elliot": "recx.evaluate.doctor.elliot:ELLIOT",
    "ranx": "recx.evaluate.doctor.ranx:RANX",
    "implicit": "recx.evaluate.doctor.implicit:IMPLICIT",
    "DaisyRec": "recx.evaluate.doctor.daisyrec:DAISYREC",
}
"""Name -> "module:library"."""


def load_library(name: str) -> Library:
    """The library of a name in LIBRARIES."""
    module, _, attribute = LIBRARIES[name].partition(":")
    found: Library = getattr(import_module(module), attribute)
    return found


def __getattr__(name: str) -> object:
    # imported on use: help must not pay for numba, torch and the rest
    if name == "doctor":
        from recx.evaluate.doctor.verb import doctor

        return doctor
    raise AttributeError(name)

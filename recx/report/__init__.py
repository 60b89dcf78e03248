"""Numbers -> terminal, json, markdown, html."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recx.report.files import write as write
    from recx.report.screen import terminal as terminal


def __getattr__(name: str) -> object:
    # imported on use: help and settings must not pay for rich and the page
    if name == "write":
        from recx.report.files import write

        return write
    if name == "terminal":
        from recx.report.screen import terminal

        return terminal
    raise AttributeError(name)

"""What a value should have been, in a user's words."""

import math
from typing import Any


def of(error: Exception) -> str:
    """What a value should have been, from OmegaConf's words."""
    text = first_line(error)
    kinds = {"Integer": "a whole number", "Float": "a number", "bool": "yes or no", "String": "a word"}
    for name, kind in kinds.items():
        if f"to {name}" in text or f"valid {name}" in text:
            return f"expected {kind}"
    if "list" in text.lower():
        return "expected a list such as [5,10]"
    return text[:1].lower() + text[1:]


def finite(value: Any) -> bool:
    """Whether no number of it is NaN or infinite; a list is looked into."""
    numbers = value if isinstance(value, list) else [value]
    return not any(isinstance(number, float) and not math.isfinite(number) for number in numbers)


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its name."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

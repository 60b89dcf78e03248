"""from=FILE: settings taken from a file that recx wrote, a sweep's best.yaml or the config.yaml of a run.

They lie over conf/ and below the command line. A group chosen beside it replaces the file's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recx.config.verbs import GROUPS
from recx.errors import UsageError

FROM = "from="


@dataclass(frozen=True)
class Snapshot:
    """The settings in a file."""

    file: Path
    values: dict[str, Any]

    def beside(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """The file's settings but for the groups in ``chosen``."""
        # data sets bring their own split along
        left = {*chosen, *(["split"] if "dataset" in chosen else [])}
        return {key: value for key, value in self.values.items() if key not in left}


def take(arguments: Sequence[str]) -> tuple[Snapshot | None, list[str]]:
    """The file that ``from=`` names, read, and the arguments beside it."""
    named = [argument.removeprefix(FROM) for argument in arguments if argument.startswith(FROM)]
    rest = [argument for argument in arguments if not argument.startswith(FROM)]
    if not named:
        return None, rest
    if len(named) > 1:
        raise UsageError(f"from={named[0]} from={named[1]}: settings can be taken from one file only")
    file = Path(named[0])
    if file.is_dir():
        file = next((path for name in ("best.yaml", "config.yaml") if (path := file / name).is_file()), file)
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError:
        raise UsageError(
            f"from={named[0]}: no such file; recx sweep writes best.yaml, recx train writes config.yaml"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        values = None
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise UsageError(f"from={named[0]} holds no settings; recx sweep writes best.yaml")
    for group in GROUPS:
        if not isinstance(values.get(group, {}), dict):
            raise UsageError(f"from={named[0]}: {group} should be a group of settings, not {values[group]}")
    return Snapshot(file, values), rest

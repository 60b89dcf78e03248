"""A family is what a model's arrays are said to depend on, beside what all models share."""

import ast
from pathlib import Path

import recx.models

ROOM = Path(recx.models.__file__).parent


def test_no_family_reads_the_code_of_another() -> None:
    """For a fit is used again as long as the files of its own family stay the same."""
    for family in (path for path in ROOM.iterdir() if (path / "__init__.py").is_file()):
        for file in family.glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("recx.models."):
                    part = str(node.module).split(".")[2]
                    assert part == family.name or (ROOM / f"{part}.py").is_file(), f"{file}: {node.module}"

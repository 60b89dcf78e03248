"""`recx reproduce RUN`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from recx.cli.text import PURPOSE
from recx.cli.words import Arguments, Conf, Help, Quiet, composed, placed, takes_settings

if TYPE_CHECKING:
    from recx.reproduce.verb import Reproduction

DryRun = Annotated[bool, typer.Option("--dry-run", help="Compare the inputs and run nothing.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @takes_settings(app, "reproduce", PURPOSE["reproduce"])
    def _reproduce(
        arguments: Arguments = None,
        dry_run: DryRun = False,
        conf: Conf = None,
        quiet: Quiet = False,
        help: Help = False,
    ) -> None:
        words = composed("reproduce", placed("reproduce", arguments, ("run",)), conf, help)
        from recx.cli.words import session
        from recx.reproduce import reproduce

        with session(words, "reproduce", arguments, quiet) as asked:
            found = reproduce(words.settings, asked, dry_run)
        print_reproduction(found)
        if found.exit_code:
            raise typer.Exit(found.exit_code)


def print_reproduction(found: Reproduction) -> None:
    """What changed, file by file what came out, and the verdict in the last line."""
    inputs = found.inputs
    for change in inputs.changes:
        print(f"changed  {change.line}")
    for note in inputs.notes:
        print(f"note     {note}")
    changed = f"{len(inputs.changes)} changed" if inputs.changes else "all as they were"
    print(f"inputs   {', '.join(f'{n:,} {kind}' for kind, n in inputs.counted.items() if n)}: {changed}")
    for output in found.outputs or []:
        mark = "differs" if output.differs else "same   "
        words = f": {output.differs}" if output.differs else ""
        words += f", but for {', '.join(output.but_for)}" if output.but_for else ""
        print(f"{mark}  {output.name}{words}")
    if found.outputs is not None:
        for line in found.left_out:
            print(f"not compared  {line}")
    print(f"\n{_verdict(found)}")
    if found.folder:
        print(f"\n{found.folder}")


def _verdict(found: Reproduction) -> str:
    inputs, outputs = found.inputs, found.outputs
    if outputs is None:
        if inputs.forbids:
            return f"not run again: {found.run} was made from other data (exit code {found.exit_code})"
        if inputs.changes:
            return f"inputs have changed (exit code {found.exit_code}); nothing was run"
        return "inputs are the same; nothing was run"
    wrong = sum(bool(output.differs) for output in outputs)
    came = (
        f"{wrong} of {len(outputs)} outputs differ" if wrong else f"all {len(outputs)} outputs are the same"
    )
    if inputs.changes:
        return f"{came}, and inputs have changed (exit code {found.exit_code})"
    if found.same:
        return f"reproduced: {came}, byte for byte"
    keep = "" if found.folder else "; out=DIR keeps the new run"
    return f"not reproduced: {came} although no input has changed (exit code {found.exit_code}){keep}"

"""The `recx` command: its verbs, and how every failure ends in one line and the right exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import Annotated

import typer
from typer.core import TyperGroup

from recx import __version__
from recx.cli import (
    audit,
    compare,
    config,
    datasets,
    evaluate,
    fuse,
    ls,
    metrics,
    models,
    prepare,
    recommend,
    reproduce,
    run,
    sweep,
    train,
)
from recx.errors import RecxError, UsageError, did_you_mean

INTERRUPTED = 130
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Interrupted(RecxError):
    """Ctrl-C while a command was at work."""

    exit_code = INTERRUPTED
    hint = "interrupted; finished parts are kept, the same command with --resume continues"


class Verbs(TyperGroup):
    """Suggests the closest verb for a mistyped one."""

    def resolve_command(self, ctx, args):  # type: ignore[no-untyped-def]  # typer vendors click's types
        """Find the verb, or say which one may have been meant."""
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            known = self.list_commands(ctx)
            raise UsageError(f"no command called '{args[0]}'{did_you_mean(args[0], known)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx):  # type: ignore[no-untyped-def]  # typer vendors click's types
        """Run the command; Ctrl-C becomes an error of our own, for typer would end without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise Interrupted(str(interrupt) or Interrupted.hint) from None


app = typer.Typer(
    cls=Verbs,
    name="recx",
    help="Experiments with e-commerce recommenders: prepare a log, train models of every family, fuse them "
    "with a stacked LightGBM meta-learner, evaluate everything by one protocol, sweep hyper-parameters.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"recx {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


VERBS = (
    prepare, train, fuse, evaluate, compare, audit, recommend, reproduce, sweep, run,
    config, metrics, models, datasets, ls,
)  # fmt: skip
for verb in VERBS:
    verb.register(app)


def main() -> None:
    """Run the command line.

    Exits with 0, 1 (data or environment), 2 (usage), 3 (a gate failed), 4 (it could not tell),
    5 (an audit found a leak), 6 (a run made again differs), 7 (its inputs have changed) or 130 (interrupted).
    """
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except RecxError as error:
        _tell(str(error))
        code = error.exit_code
    except KeyboardInterrupt:
        _tell("interrupted; what was finished is kept")
        code = INTERRUPTED
    except BrokenPipeError:
        # the reader has gone (`recx ls | head`): keep the interpreter from complaining when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        if error.errno not in FULL:
            raise
        # a library's own file, such as a compiled kernel; recx's own say which one
        _tell("no space left on the disk; free some and run the same command again")
        code = RecxError.exit_code
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        # a usage error of the option parser, whose class typer keeps to itself
        _tell(error.format_message().rstrip(".").replace("\n", " "))
        code = UsageError.exit_code
    sys.exit(code if isinstance(code, int) else 0)


def _tell(line: str) -> None:
    first = line.replace("\n", " ")
    print(f"recx: {first}", file=sys.stderr)

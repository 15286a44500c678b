"""The command line's entry: mounts every command, and turns errors into messages and exit codes."""

from __future__ import annotations

import importlib
import inspect
import logging
import os
import sys
from collections.abc import Callable

import typer
from typer.exceptions import TyperException

from ostler.cli.telling import plain_document, say_aside, tell, tell_document
from ostler.errors import OstlerError

WRONG_USAGE = 2
STOPPED_AND_RESUMABLE = 4
BUG = 70
"""Exit code for a bug of ours."""

INTERRUPTED = 130
"""Exit code of a command that only looks, ended by Ctrl-C."""

GOES_ON_LATER = ("apply", "resume", "cancel")
"""Commands that Ctrl-C leaves with a run that can be gone on with."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Looks after OpenStack clouds: plans before it acts, proves the result, and takes it back.",
    epilog="Exit codes: 0 done, 1 findings or failure, 2 wrong usage or input, 3 refused, 4 stopped and resumable, "
    "70 a bug of Ostler, 130 ended by Ctrl-C.",
)

REGISTERED = ("status", "check", "upgrade", "runs", "rollback", "report", "rehearse", "init", "logs", "diagnose")
"""Modules of this room that add commands of their own to the top level."""

MOUNTED = ("catalog", "config", "env", "practice")
"""Modules of this room that are commands with commands of their own."""


def _mount() -> None:
    for name in REGISTERED:
        module = importlib.import_module(f"ostler.cli.{name}")
        register: Callable[[typer.Typer], None] = module.register
        register(app)
    for name in MOUNTED:
        module = importlib.import_module(f"ostler.cli.{name}")
        app.add_typer(module.app, name=name)


def _with_whole_paragraphs(within: typer.Typer) -> None:
    """Give every command its docstring with each paragraph in one line, for the terminal to break where it ends: Typer
    keeps the breaks of all but the first. Examples stay as they are."""
    for command in within.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(
            each if each.startswith("Example") else each.replace("\n", " ") for each in paragraphs
        )
    for group in within.registered_groups:
        if group.typer_instance is not None:
            _with_whole_paragraphs(group.typer_instance)


def run() -> None:
    """Run the command line and exit with its code. A traceback is shown only for a bug of ours, when asked for."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Return the exit code of one command line."""
    logging.getLogger().addHandler(logging.NullHandler())  # else libraries print warnings between our lines
    _mount_once()
    as_json = "--json" in arguments
    try:
        code = app(arguments, standalone_mode=False, prog_name="ostler")
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except TyperException as error:
        return _tell_usage(error, as_json=as_json)
    except OstlerError as error:
        tell(error, as_json=as_json)
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        return _tell_bug(error, _after_a_bug(arguments[0]), as_json=as_json)
    if code == INTERRUPTED:
        print("stopped", file=sys.stderr)
        return STOPPED_AND_RESUMABLE if arguments[0] in GOES_ON_LATER else INTERRUPTED
    return code if isinstance(code, int) else 0


_mounted = False


def _mount_once() -> None:
    global _mounted
    if not _mounted:
        _mount()
        _with_whole_paragraphs(app)
        _mounted = True


def _tell_usage(error: TyperException, *, as_json: bool) -> int:
    """Say what is wrong with a command line; for one without a command that is the help."""
    said, do_next = error.format_message(), "see what there is with --help"
    if said and as_json:
        tell_document(plain_document("usage.not-understood", said, do_next, WRONG_USAGE))
    elif said:
        print(f"ostler: {said}", file=sys.stderr)
        print(f"  do next: {do_next}", file=sys.stderr)
    return WRONG_USAGE


def _after_a_bug(command: str) -> str:
    if command in GOES_ON_LATER:
        return "see how the run stands with ostler runs; OSTLER_TRACEBACK=1 ostler resume RUN goes on: please report it"
    return "nothing more was done; run it again with OSTLER_TRACEBACK=1 and report what it prints"


def _tell_bug(error: Exception, do_next: str, *, as_json: bool) -> int:
    if os.environ.get("OSTLER_TRACEBACK"):
        raise error
    says = f"this is a bug of Ostler: {type(error).__name__}: {error}"
    if as_json:
        tell_document(plain_document("ostler.bug-of-ours", says, do_next, BUG))
    else:
        say_aside(f"ostler: {says}")
        say_aside(f"  {do_next}")
    return BUG

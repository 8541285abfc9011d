"""Questions in a terminal, one after the other.

In: a question, and what tells whether an answer will do. Out: the answer as it was typed, empty for none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from policyscan.errors import UsageError
from policyscan.output import show


def at_terminal() -> bool:
    """Whether somebody is there to be asked: standard input and output are a terminal."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


class NoMoreAnswers(Exception):
    """Whoever is asked has ended the input, as with Ctrl-D: what was answered stands."""


def agreed(question: str) -> bool:
    """Whether somebody agrees; no answer at all is none that agrees."""
    try:
        return click.confirm(question, default=True)
    except click.Abort as stop:
        if isinstance(stop.__context__, EOFError):
            show("")
            return False
        raise


def put_question(question: str, example: str, check: Callable[[str], None]) -> str:
    """The answer to a question that can be left open; asked again while `check` raises UsageError. Raises
    NoMoreAnswers where there is no more input, and click.Abort for Ctrl-C."""
    asked = f"{question} ({example})" if example else question
    while True:
        try:
            text = str(click.prompt(asked, default="", show_default=False, prompt_suffix=" ")).strip()
        except click.Abort as stop:
            if isinstance(stop.__context__, EOFError):
                show("")
                raise NoMoreAnswers from None
            raise
        if not text:
            return ""
        try:
            check(text)
        except UsageError as error:
            show(f"  {error.message}" + (f"; {error.hint}" if error.hint else ""))
        else:
            return text

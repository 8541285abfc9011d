"""`ask --interactive`: questions in a terminal, one by one, and what the answers change.

In: a sheet. Out: the inventory with the answers, if whoever answered agrees; 0 or 2. What is asked next
and what becomes of it stands in `session/interview.py`.
"""

from __future__ import annotations

from pathlib import Path

from policyscan.cli.prompting import NoMoreAnswers, agreed, put_question
from policyscan.display import one_line
from policyscan.errors import Problems
from policyscan.output import create_file, show
from policyscan.questions.answers import NONE_OR_ROWS
from policyscan.questions.sheet import MissingFact, RankedQuestion, Sheet
from policyscan.questions.words import OTHERS, effect
from policyscan.session.interview import Interview
from policyscan.session.options import Inputs

_ONE_BY_ONE = "none if there is none; else Enter, and it is asked for part by part"


def hold(sheet: Sheet, inputs: Inputs) -> int:
    """Asks all questions of a sheet, until there are no more or the input ends."""
    interview = Interview(sheet, inputs)
    show("Press Enter for what you do not know; write none where there is none. Ctrl-D ends the questions.")
    try:
        for question in sheet.questions:
            _ask(interview, question)
    except NoMoreAnswers:
        pass
    if not len(interview):
        show("Nothing was answered, and nothing changed.")
        return 0
    return _write(interview)


def _ask(interview: Interview, question: RankedQuestion) -> None:
    told = False
    for fact in interview.facts(question):
        if not told:
            show("", f"{question.number}. {question.question}", f"   for {one_line(question.who or OTHERS)}")
            show(f"   {effect(question)}")
            told = True

        def check(text: str, fact: MissingFact = fact) -> None:
            interview.check(fact, text)

        how = _ONE_BY_ONE if fact.how == NONE_OR_ROWS else one_line(fact.how)
        interview.take(fact, put_question(_line(fact, question), how, check))


def _line(fact: MissingFact, question: RankedQuestion) -> str:
    """What stands before an answer: what it is about, and its own question where that is another one."""
    asked = "" if fact.question == question.question else fact.question
    on_file = f"[{fact.known}]" if fact.known else ""
    return "   " + " ".join(filter(None, [fact.about, asked, on_file]))


def _write(interview: Interview) -> int:
    try:
        change = interview.change()
    except Problems:
        path = Path(f"answers-{interview.sheet.inventory}.csv")
        create_file(path, interview.saved())
        again = f"policyscan fill {interview.sheet.inventory} {path}"
        show(f"Your answers are kept in {path}: mend them there, then run {again}", err=True)
        raise
    show("", *change.lines())
    if not agreed("Write this?"):
        show("Nothing was written.")
        return 0
    change.write()
    show(f"Written. What it makes of the controls: policyscan scan {interview.sheet.file}")
    return 0

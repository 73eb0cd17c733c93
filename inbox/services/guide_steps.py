"""The WhatsApp guide's state machine: where it stands and what was said, to where it goes. Pure.

Each step says at most one thing, and only a message from the sender makes a step: so there is never more
than one message of ours for one of theirs.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache

from inbox import kinds
from inbox.kinds import Kind, Question
from inbox.models import GuideStage
from inbox.text import plain

WAYS_OUT = frozenset({"0", "just send it", "send it", "直接送出", "直接送", "送出"})
LONGEST_NAME = 200
"""Of a kind, with what people put around it; a longer text is not looked at."""


class Say(StrEnum):
    """What the guide says next."""

    MENU = "menu"
    AGAIN = "again"
    QUESTION = "question"
    THANKS = "thanks"


@dataclass(frozen=True)
class Said:
    """What a sender wrote. `tapped` is what stands behind a button or a row of a list; `material`: there are
    files; `early`: it came so soon after our last message that it can hardly answer it."""

    words: str
    tapped: str = ""
    material: bool = False
    early: bool = False

    @property
    def is_number(self) -> bool:
        return plain(self.words).isdecimal()

    @property
    def wants_out(self) -> bool:
        return plain(self.words) in WAYS_OUT or plain(self.tapped) in WAYS_OUT


@dataclass(frozen=True)
class State:
    """Where the guide stands; see `models.Guide`. `kind` is the submission's."""

    stage: GuideStage
    kind: str
    place: int = 0
    repeated: bool = False

    @property
    def question(self) -> Question | None:
        """What was asked last, while the guide asks."""
        return kinds.BY_NAME[self.kind].questions[self.place] if self.stage is GuideStage.ASKING else None


@dataclass(frozen=True)
class Step:
    """Where the guide stands now, what it says, and the question that was answered."""

    state: State
    say: Say | None = None
    answered: Question | None = None


def start(said: Said, kind: str, offered: tuple[str, ...]) -> Step:
    """The first step, for what opened a submission of this kind: the menu, or the questions of a clear kind.

    The kind is clear if it is not the general one, if a button or row was tapped that carries its name, or if the
    text, or its first line, is nothing but a name of it.
    """
    first_line = next(filter(str.strip, said.words.splitlines()), "")
    if kind == "message":
        clear = _named(said.tapped, offered) or _named(said.words, offered) or _named(first_line, offered)
        if clear is None:
            return Step(State(GuideStage.CHOOSING, kind), Say.MENU)
        kind = clear
    return _ask(State(GuideStage.ASKING, kind))


def step(state: State, said: Said, offered: tuple[str, ...]) -> Step:
    """The step that what was said makes; while the guide is not at work, none.

    Files are more material, whatever is written under them, and never an answer.
    """
    if not state.stage.at_work or said.material:
        return Step(state)
    if said.wants_out:
        return Step(replace(state, stage=GuideStage.LEFT), Say.THANKS)
    return _chosen(state, said, offered) if state.stage is GuideStage.CHOOSING else _answered(state, said)


def _chosen(state: State, said: Said, offered: tuple[str, ...]) -> Step:
    kind = _named(said.tapped, offered) or _numbered(said.words, offered) or _named(said.words, offered)
    if kind:
        return _ask(State(GuideStage.ASKING, kind))
    if not said.words.strip() or (said.early and not said.is_number):
        return Step(state)
    if state.repeated:  # they have said it in their own words, and staff read those
        return Step(replace(state, stage=GuideStage.LEFT), Say.THANKS)
    return Step(replace(state, repeated=True), Say.AGAIN)


def _answered(state: State, said: Said) -> Step:
    if not said.words.strip() or said.tapped:  # a row of the menu, tapped once more
        return Step(state)
    return replace(_ask(replace(state, place=state.place + 1)), answered=state.question)


def _ask(state: State) -> Step:
    """Ask the question at this place, or give thanks after the last one."""
    if state.place < len(kinds.BY_NAME[state.kind].questions):
        return Step(state, Say.QUESTION)
    return Step(replace(state, stage=GuideStage.FINISHED), Say.THANKS)


def _numbered(words: str, offered: tuple[str, ...]) -> str | None:
    number = plain(words)
    chosen = int(number) if number.isdecimal() and len(number) <= 2 else 0
    return offered[chosen - 1] if 1 <= chosen <= len(offered) else None


def _named(words: str, offered: tuple[str, ...]) -> str | None:
    """The offered kind that these words are a name of, and nothing else."""
    return _kinds_by_name(offered).get(plain(words)) if len(words) <= LONGEST_NAME else None


@cache
def _kinds_by_name(offered: tuple[str, ...]) -> dict[str, str]:
    return {name: kind for kind in reversed(offered) for name in _names(kinds.BY_NAME[kind])}


def _names(kind: Kind) -> tuple[str, ...]:
    return kind.name, kind.slug, plain(kind.title), plain(kind.plural), *kind.said_as

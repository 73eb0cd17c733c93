"""What is wrong with a setting or a profile, in one line for whoever wrote it."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

PREFIXES = ("INBOX_", "TWILIO_")
NOT_OURS = ("INBOX_TEST_",)

_WORDS = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "extra_forbidden": "there is no such key",
    "missing": "is missing",
    "string_type": 'write text, between quotes like "News"',
    "tuple_type": 'write a list, like ["whatsapp", "voice"]',
    "dict_type": "write a table, as the example profile does",
    "model_type": "write a table, as the example profile does",
    "path_type": 'write a path, between quotes like "logo.svg"',
}
_LIKE = {
    r"^(AC[0-9a-fA-F]{32})?$": "AC and 32 digits or letters from a to f, as Twilio's console shows it",
    r"^(SK[0-9a-fA-F]{32})?$": "SK and 32 digits or letters from a to f, as Twilio's console shows it",
    r"^(MG[0-9a-fA-F]{32})?$": "MG and 32 digits or letters from a to f, as Twilio's console shows it",
    r"^(HX[0-9a-fA-F]{32})?$": "HX and 32 digits or letters from a to f, as Twilio's console shows it",
    r"^HX[0-9a-fA-F]{32}$": "HX and 32 digits or letters from a to f, as Twilio's console shows it",
    r"^[a-z0-9_-]{1,60}$": '"follow_up", in small letters, digits, _ and -',
    r"^[A-Z]{2}$": 'two capital letters, "TW"',
    r"^[A-Z]{3}$": 'three capital letters, "TWD"',
    r"^[^@\s]+@[^@\s]+$": '"news@example.org"',
    r"^https?://": '"https://example.org"',
}
_NUMBER = ("int_parsing", "int_from_float", "float_parsing", "finite_number", "greater_than_equal", "less_than_equal")


def one_line(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """The first thing that is wrong: where it stands and what to write there, never what was written."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{prefix}{'.'.join(str(part) for part in first['loc'])}: {_words(first, model)}"


def _words(problem: Any, model: type[BaseModel]) -> str:
    kind = problem["type"]
    if kind == "string_pattern_mismatch":
        return f"write it like {_LIKE[problem['ctx']['pattern']]}"
    if kind.startswith(_NUMBER):
        return _number(_field(model, str(problem["loc"][0])))
    return str(_WORDS.get(kind, problem["msg"].removeprefix("Value error, ")))


def _field(model: type[BaseModel], name: str) -> FieldInfo | None:
    return next((info for key, info in model.model_fields.items() if name in (key, info.alias)), None)


def _number(field: FieldInfo | None) -> str:
    if field is None:
        return "write a number"
    least = next((rule.ge for rule in field.metadata if hasattr(rule, "ge")), None)
    most = next((rule.le for rule in field.metadata if hasattr(rule, "le")), None)
    what = "a whole number" if field.annotation is int else "a number"
    return f"write {what} from {least} to {most}" if least is not None and most is not None else f"write {what}"


def misspelt(environ: Mapping[str, str], known: Iterable[str]) -> str:
    """One line about variables that look like settings and are none, or ""; each with the name it may stand for."""
    names = sorted(known)
    strange = [name for name in sorted(environ) if name.startswith(PREFIXES) and name not in names]
    said = [_guess(name, names) for name in strange if not name.startswith(NOT_OURS)]
    return f"not known, so without effect: {', '.join(said)}" if said else ""


def _guess(name: str, names: list[str]) -> str:
    near = get_close_matches(name, names, n=1, cutoff=0.8)
    return f"{name} (is it {near[0]}?)" if near else name

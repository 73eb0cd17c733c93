"""Addresses in header fields (RFC 5322, section 3.4), as mail programs really write them."""

import re

from inbox.channels.email import words

LONGEST_ADDRESS = 320
MOST_ADDRESSES = 1000
MOST_TOKENS = 50

# No token can fail at each of its beginnings in turn, so no field takes long.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|<[^<>]*>|\([^()]*\)|[,;]|\\.|[^",;<>()\\]+|.', re.S)
_WORD = re.compile(r'[^\s<>@,;:"()]+(?:@[^\s<>@,;:"()]+)?')
_ADDRESS = re.compile(r'[^\s<>@,;:"()]+@[^\s<>@,;:"()]+')


def parse(value: str) -> list[tuple[str, str]]:
    """Return (name, address) of each mailbox in a field that is unfolded but not decoded, at most a thousand.

    An address that is none gives ""; what has neither name nor address is left out.
    """
    if "@" not in value and "=?" in value:  # the whole field in encoded words
        value = words.decode(value)
    found: list[tuple[str, str]] = []
    tokens: list[str] = []
    for match in _TOKEN.finditer(f"{value},"):
        if match[0] not in (",", ";"):
            tokens.append(match[0])
            continue
        if mailbox := _mailbox(tokens):
            found.append(mailbox)
        elif (
            match[0] == "," and len(tokens) < MOST_TOKENS
        ):  # a name with a comma and no quotes round it: Lin, Ya-ting <a@b.example>
            tokens.append(",")
            continue
        tokens = []
        if len(found) == MOST_ADDRESSES:
            break
    rest = _name(tokens)
    return found if found or not rest or rest.endswith(":") else [(rest, "")]


def _mailbox(tokens: list[str]) -> tuple[str, str] | None:
    angle = next((token for token in tokens if token[0] == "<" and token[-1] == ">" and "@" in token), "")
    before = tokens[: tokens.index(angle)] if angle else tokens
    if angle:
        return _name(before), _address(angle[1:-1].rpartition(":")[2])
    bare = "".join(token for token in tokens if token[0] not in '("')
    if match := next((word for word in _WORD.finditer(bare) if "@" in word[0]), None):
        notes = "".join(token[1:-1] for token in tokens if token[0] == "(")
        return _name([notes or bare[: match.start()]]), _address(match[0])
    return None


def _address(text: str) -> str:
    text = "".join(text.split())
    return text if len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) else ""


def _name(tokens: list[str]) -> str:
    text = "".join(map(_unquoted, tokens))
    return words.decode(" ".join(text.split())).strip(" ,'\"")


def _unquoted(token: str) -> str:
    is_quoted = len(token) > 1 and token.startswith('"')
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if is_quoted else token

"""Hashing passwords (argon2id), and refusing those that would be guessed first."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inbox.errors import AccountRefused
from inbox.text import N_

TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19 * 1024, 1  # OWASP's parameters
SHORTEST = 12
_FEWEST_CHARACTERS = 5

_hasher = PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM)

# What is verified against when there is no such person: the hash, with the same parameters, of a password
# that nobody knows, so that the answer takes as long as for somebody who exists.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$NLQNmISSjZwI1DSrNIxq/g$WidpyAq8PRLQb17hPaYS2IrWYKwF9wi+rtBFadSXtCg"

_COMMON = frozenset(
    """
    000000000000 0123456789ab 0987654321qwerty 1111111111111 123123123123 1234567890ab 1234567890qwerty 12345678910
    123456789012 1234567890123 12345678901234 123456789101112 1234567890987654321 123456789abc 123456789qwerty
    123qweasdzxc 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv 987654321098 abcd12345678 abcdefghijkl
    abcdefghijklm abcdefghijklmnop administrator administrator1 adminadmin12 adminpassword changeme1234 changemeplease
    correcthorsebatterystaple iloveyou1234 iloveyouforever letmein12345 letmeinplease mypassword123 newspaper123
    newsroom1234 newsroompassword p@ssw0rd1234 password1234 password12345 password123456 password!123 passw0rd1234
    passwordpassword q1w2e3r4t5y6 qazwsxedcrfv qwer1234asdf qwertyqwerty qwerty123456 qwertyuiop12 qwertyuiop123
    qwertyuiop[] qwertyuiopasdf qwertyuiopasdfghjkl thisispassword welcome12345 welcometotheteam zaq12wsxcde3
    zxcvbnm12345 zxcvbnm,./12
    """.split()  # noqa: SIM905
)


def digest(password: str) -> str:
    """Return what is stored of a password."""
    return _hasher.hash(_bytes(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether this is the password behind `stored`; it takes as long when nothing is stored."""
    try:
        return _hasher.verify(stored or _NOBODY, _bytes(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def check(password: str, *about: str) -> None:
    """Raise AccountRefused, in words, for a password that is too easy; `about` are the person's name and address."""
    plain = unicodedata.normalize("NFKD", password).casefold()
    if len(password) < SHORTEST:
        raise AccountRefused(N_("Use at least 12 characters. A few words in a row are good."), "password")
    if plain in _COMMON or len(set(plain)) < _FEWEST_CHARACTERS:
        raise AccountRefused(N_("Many people use this password, so it is tried first. Choose another one."), "password")
    if plain.strip() in {word.casefold() for word in about}:
        raise AccountRefused(N_("A password should not be the name or the address of its owner."), "password")


def _bytes(password: str) -> bytes:
    """Accents typed on different keyboards become the same; a lone surrogate is no reason to fail."""
    return unicodedata.normalize("NFKD", password).encode("utf-8", "surrogatepass")

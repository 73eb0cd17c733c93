"""Clean copies of untrusted files: paths in, paths out. It knows nothing of the database, the web or storage."""

from inbox.cleaning.process import clean
from inbox.cleaning.sandbox.answers import Cleaned
from inbox.cleaning.sandbox.confine import Limits

__all__ = ["Cleaned", "Limits", "clean"]

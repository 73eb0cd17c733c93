"""Every file with planted facts, by its name, with the content type that its content proves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cleaning import making_documents, making_pictures, making_recordings

from inbox.cleaning import Cleaned

PICTURES = {content_type: (content_type, maker) for content_type, maker in making_pictures.MAKERS.items()}
RECORDINGS = making_recordings.MAKERS
DOCUMENTS = making_documents.MAKERS
ALL: dict[str, tuple[str, Callable[[], bytes]]] = {**PICTURES, **RECORDINGS, **DOCUMENTS}


@dataclass(frozen=True)
class Made:
    """One of them with its clean copy."""

    original: Path
    content_type: str
    copy: Path
    preview: Path
    answer: Cleaned

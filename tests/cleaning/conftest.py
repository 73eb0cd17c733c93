"""What the tests of clean copies share."""

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from cleaning import corpus

from inbox.cleaning import Cleaned, clean


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], corpus.Made]:
    """Clean a file of the corpus, by its name; each is made once."""

    @functools.cache
    def run(name: str) -> corpus.Made:
        folder = tmp_path_factory.mktemp("corpus")
        content_type, maker = corpus.ALL[name]
        original, copy, preview = folder / "original", folder / "copy", folder / "preview"
        original.write_bytes(maker())
        return corpus.Made(original, content_type, copy, preview, clean(original, content_type, copy, preview))

    return run


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copy"


@pytest.fixture
def preview(tmp_path: Path) -> Path:
    return tmp_path / "preview"


@pytest.fixture
def cleaned(tmp_path: Path, copy: Path, preview: Path) -> Callable[[bytes, str], Cleaned]:
    """Clean some bytes as a content type, into `copy` and `preview`."""

    def run(data: bytes, content_type: str) -> Cleaned:
        original = tmp_path / "original"
        original.write_bytes(data)
        return clean(original, content_type, copy, preview)

    return run

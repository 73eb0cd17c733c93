"""What the tests of clean copies share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inbox.cleaning import Cleaned, clean


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

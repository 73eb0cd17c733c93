"""The wheel holds everything: templates, static files, migrations; it serves a page from elsewhere."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
SERVE_A_PAGE = """
import inbox, pathlib
from inbox import create_app, migrations
from inbox.bootstrap import bootstrap
runtime = bootstrap({"INBOX_DATA_DIR": "data"})
migrations.upgrade(runtime.database.engine)
client = create_app(runtime).test_client()
assert client.get("/").status_code == 200
assert client.get("/static/public.css").status_code == 200
assert client.get("/desk/").status_code == 302
print(pathlib.Path(inbox.__file__).parent)
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_serves_pages_from_another_folder(unpacked: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SERVE_A_PAGE],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == str(unpacked / "inbox")


def test_the_wheel_holds_no_tests_and_no_data(unpacked: Path) -> None:
    top = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}

    assert top == {"inbox"}

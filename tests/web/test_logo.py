"""The newsroom's logo stands in place of its name."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from inbox import create_app
from inbox.bootstrap import bootstrap
from inbox.errors import ConfigError
from inbox.profile import load_profile

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><rect width="120" height="40"/></svg>'


@pytest.fixture
def with_logo(environ: dict[str, str], tmp_path: Path) -> FlaskClient:
    (tmp_path / "mark.svg").write_text(SVG)
    profile = tmp_path / "inbox.toml"
    profile.write_text('name = "Harbour News"\nlogo = "mark.svg"\n')
    return create_app(bootstrap({**environ, "INBOX_CONFIG": str(profile)})).test_client()


def test_the_logo_is_shown_with_the_name_in_words_and_cannot_run_a_script(with_logo: FlaskClient) -> None:
    page, logo = with_logo.get("/"), with_logo.get("/logo")

    assert '<img src="/logo" alt="Harbour News">' in page.text
    assert logo.mimetype == "image/svg+xml"
    assert logo.text == SVG
    assert logo.headers["Content-Security-Policy"].startswith("sandbox")
    assert logo.headers["X-Content-Type-Options"] == "nosniff"


def test_without_a_logo_the_name_is_shown(client: FlaskClient) -> None:
    assert "<img" not in client.get("/").text.partition("</header>")[0]
    assert client.get("/logo").status_code == 404


@pytest.mark.parametrize(("logo", "words"), [("missing.png", "no file"), ("mark.exe", "SVG or PNG")])
def test_a_logo_that_cannot_be_shown_stops_the_start(tmp_path: Path, logo: str, words: str) -> None:
    profile = tmp_path / "inbox.toml"
    profile.write_text(f'logo = "{logo}"\n')

    with pytest.raises(ConfigError, match=words):
        load_profile(profile)


def test_a_browser_that_asks_for_an_icon_unasked_gets_an_answer_it_can_keep(client: FlaskClient) -> None:
    answer = client.get("/favicon.ico")

    assert answer.status_code == 204
    assert "max-age" in answer.headers["Cache-Control"]

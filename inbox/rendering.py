"""Where templates are, and text for people who are not on a web page (messages)."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def template_folder() -> Path:
    """The templates: inside the package when it is installed from a wheel, beside it in a checkout."""
    here = Path(__file__).parent
    installed, checkout = here / "templates", here.parent / "templates"
    return installed if installed.is_dir() else checkout


_messages = Environment(
    loader=FileSystemLoader(template_folder() / "messages"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  these are plain text, escaped by whoever puts them into XML or HTML
    extensions=["jinja2.ext.i18n"],
    trim_blocks=True,
    auto_reload=False,  # as for pages: no message asks the disk whether its template has changed
)
_messages.install_null_translations()  # type: ignore[attr-defined]
_markup = _messages.overlay(autoescape=True)


def message(name: str, form: str, language: str = "", **values: Any) -> str:
    """Return the text `templates/messages/<name>/<form>.txt` with its values, trimmed.

    With a language, `<form>.<language>.txt` if there is one.
    """
    return _render(_messages, name, form, language, "txt", values)


def html(name: str, form: str, language: str = "", **values: Any) -> str:
    """The same of `templates/messages/<name>/<form>.html`, which escapes its values."""
    return _render(_markup, name, form, language, "html", values)


def _render(templates: Environment, name: str, form: str, language: str, ending: str, values: dict[str, Any]) -> str:
    wanted = [f"{name}/{form}.{language}.{ending}"] if language else []
    return templates.select_template([*wanted, f"{name}/{form}.{ending}"]).render(**values).strip()

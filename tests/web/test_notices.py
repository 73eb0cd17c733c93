"""The page where people choose what they are told by e-mail."""

from collections.abc import Callable

import pytest
from desk_work import token
from flask.testing import FlaskClient
from told import SERVER

from inbox.models import NoticeKind, Telling, User
from inbox.runtime import Runtime
from inbox.services import notice_choices
from inbox.services.notice_choices import Choices

PAGE = "/desk/account/notices"


def choices(runtime: Runtime, who: User) -> Choices:
    with runtime.database.reading() as session:
        return notice_choices.of(session.get_one(User, who.id))


def save(client: FlaskClient, **form: object):  # type: ignore[no-untyped-def]
    return client.post(PAGE, data={"csrf_token": token(client.get(PAGE).text), **form})


def test_the_page_is_for_people_who_are_signed_in(client: FlaskClient) -> None:
    assert "/desk/sign-in" in client.get(PAGE).location


def test_the_account_leads_there(signed_in: Callable[[str], FlaskClient]) -> None:
    assert f'href="{PAGE}"' in signed_in("alice").get("/desk/account").text


def test_who_has_chosen_nothing_has_what_is_usual(
    signed_in: Callable[[str], FlaskClient], runtime: Runtime, cast: dict[str, User]
) -> None:
    page = signed_in("alice").get(PAGE).text

    assert 'name="assigned" value="at_once" checked' in page
    assert 'name="new" value="digest" checked' in page
    assert 'name="hours" value="9" checked' in page
    assert 'name="hours" value="10" checked' not in page
    assert 'name="only_unassigned" value="1" checked' in page
    assert page.count('name="kinds"') == page.count('name="kinds" value="') == 7
    assert 'name="channel"' not in page
    assert choices(runtime, cast["alice"]) == Choices()


def test_what_is_chosen_is_kept_and_shown(
    signed_in: Callable[[str], FlaskClient], runtime: Runtime, cast: dict[str, User]
) -> None:
    alice = signed_in("alice")
    answer = save(alice, assigned="digest", reply="off", new="at_once", hours=["8", "13"], kinds=["event", "message"])

    page = alice.get(answer.location).text
    assert "Your choices are saved." in page
    for checked in ('"assigned" value="digest"', '"reply" value="off"', '"hours" value="13"', '"kinds" value="event"'):
        assert f"name={checked} checked" in page
    kept = choices(runtime, cast["alice"])
    assert kept.how[NoticeKind.NEW] is Telling.AT_ONCE
    assert kept.how[NoticeKind.FAILED] is Telling.AT_ONCE
    assert (kept.hours, kept.kinds, kept.only_unassigned) == ((8, 13), ("event", "message"), False)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"new": "digest", "kinds": ["event"]}, "Choose at least one time of day"),
        ({"new": "at_once", "hours": ["9"]}, "Choose at least one kind"),
    ],
)
def test_a_choice_that_would_never_tell_anything_says_so_and_keeps_what_was_ticked(
    form: dict[str, object],
    words: str,
    signed_in: Callable[[str], FlaskClient],
    runtime: Runtime,
    cast: dict[str, User],
) -> None:
    answer = save(signed_in("alice"), reply="off", **form)

    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text
    assert 'name="reply" value="off" checked' in answer.text
    assert choices(runtime, cast["alice"]) == Choices()


def test_rubbish_changes_nothing(
    signed_in: Callable[[str], FlaskClient], runtime: Runtime, cast: dict[str, User]
) -> None:
    alice = signed_in("alice")
    form = {"assigned": "\0", "new": "weekly", "hours": ["9", "25", "x"], "kinds": ["event", "nonsense"]}

    assert save(alice, **form).status_code == 303

    kept = choices(runtime, cast["alice"])
    assert kept.how == Choices().how
    assert (kept.hours, kept.kinds) == ((9,), ("event",))


def test_each_role_chooses_among_what_it_can_get(signed_in: Callable[[str], FlaskClient]) -> None:
    def named(who: str) -> set[str]:
        page = signed_in(who).get(PAGE).text
        return {kind.value for kind in NoticeKind if f'name="{kind.value}"' in page}

    assert named("victor") == {"mentioned", "new"}
    assert named("carol") == named("alice") == {kind.value for kind in NoticeKind} - {"channel"}
    assert named("ada") == {kind.value for kind in NoticeKind}
    assert "Story tips" not in signed_in("carol").get(PAGE).text.split("<main")[1]


def test_nobody_gives_themselves_notices_that_are_for_others(
    signed_in: Callable[[str], FlaskClient], runtime: Runtime, cast: dict[str, User]
) -> None:
    save(signed_in("carol"), channel="at_once", new="at_once", hours=["9"], kinds=["story_tip", "advertising"])

    with runtime.database.reading() as session:
        carol = session.get_one(User, cast["carol"].id)
        assert notice_choices.telling(carol, NoticeKind.CHANNEL) is Telling.OFF
        assert notice_choices.of(carol).kinds is None


def test_without_a_mail_server_the_page_says_that_nothing_is_sent(
    signed_in: Callable[[str], FlaskClient], runtime: Runtime
) -> None:
    words = "no notices are sent"
    assert words in signed_in("alice").get(PAGE).text
    settings = runtime.settings.model_validate({"INBOX_SMTP_URL": SERVER})
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update={"smtp_url": settings.smtp_url}))

    assert words not in signed_in("alice").get(PAGE).text

"""Who may do what at the desk, for every address that there is."""

import re

import pytest
from desk_work import address, press, reload, send, token
from flask import Flask
from werkzeug.routing import Rule

from inbox.models import Attachment, FileState

OPEN_TO_ALL = ("/desk/sign-in", "/desk/set-up")
HALF_WAY = "/desk/two-factor"
"""For people who gave their password: to everybody else these are not there, or the form is worth nothing."""
ACTS = {
    "claim": {},
    "assign": {"assignee": ""},
    "status": {"status": "accepted"},
    "priority": {"priority": "high"},
    "labels": {"name": "Culture"},
    "labels/remove": {"key": "culture"},
    "notes": {"text": "A note"},
    "messages": {"text": "A question"},
    "take-over": {},
}

ABOUT_REPLIES = re.compile("reply(/.*)?$|messages/.*/(take-back|send-again|arrived|rewrite)$")
"""Acts on a sender who can be answered; who may do these is tested in test_reply.py."""
ABOUT_MAILS = re.compile("mails/.*/(split|again)$")
"""Acts on an e-mail; who may do these is tested in test_mail.py."""


def desk_rules(app: Flask, method: str) -> list[Rule]:
    return [
        rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/desk") and method in (rule.methods or ())
    ]


def addresses(app: Flask, method: str) -> list[str]:
    """Every desk address, with something in the place of its variables."""
    with app.test_request_context():
        adapter = app.url_map.bind("127.0.0.1")
        values = {"reference": "MS-000000", "id": 1, "number": 1, "token": "x", "code": "x", "email": "x"}
        return [
            adapter.build(rule.endpoint, {name: values.get(name, "x") for name in rule.arguments}, method=method)
            for rule in desk_rules(app, method)
        ]


def is_public(path: str) -> bool:
    return any(path == known or path.startswith(f"{known}/") for known in OPEN_TO_ALL)


def refusals(path: str) -> tuple[int, ...]:
    return (302, 303, 400, 401, 403, 404) if path.startswith(HALF_WAY) else (302, 303, 401, 403)


def test_no_page_of_the_desk_opens_without_signing_in(app, client):
    pages = [path for path in addresses(app, "GET") if not is_public(path)]
    assert len(pages) >= 4
    for path in pages:
        answer = client.get(path)
        assert answer.status_code in refusals(path), path
        assert answer.status_code != 302 or "/desk/sign-in" in answer.location, path


def test_no_act_of_the_desk_works_without_signing_in(app, client, runtime):
    paths = [path for path in addresses(app, "POST") if not is_public(path)]
    assert len(paths) >= 8
    for path in paths:
        csrf = token(client.get("/desk/sign-in").text)
        answer = client.post(path, data={"csrf_token": csrf, "text": "x"})
        assert answer.status_code in refusals(path), path
        if answer.status_code in (302, 303):
            assert "/desk/sign-in" in client.get(answer.location, follow_redirects=True).request.path, path


def test_every_post_refuses_without_a_token_of_the_page(app, signed_in):
    alice = signed_in("alice")
    alice.get("/desk/")
    for path in addresses(app, "POST"):
        for fields in ({}, {"csrf_token": "forged"}):
            assert alice.post(path, data=fields).status_code == 400, path


def test_the_list_of_acts_here_is_complete(app):
    prefix = "/desk/submissions/<reference>/"
    acts = {rule.rule.removeprefix(prefix) for rule in desk_rules(app, "POST") if rule.rule.startswith(prefix)}
    assert {act for act in acts if not (ABOUT_REPLIES.match(act) or ABOUT_MAILS.match(act))} == set(ACTS)


@pytest.mark.parametrize("act", ACTS)
def test_viewers_look_and_change_nothing(runtime, signed_in, act):
    submission = send(runtime, receipt_hash="ab" * 32)
    victor = signed_in("victor")
    page = victor.get(address(submission)).text
    assert f'action="{address(submission, act)}"' not in page
    assert "The bridge is closed." in page
    before = reload(runtime, submission)
    assert press(victor, submission, act, **ACTS[act]).status_code == 403
    after = reload(runtime, submission)
    assert (after.version, len(after.history)) == (before.version, len(before.history))


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("who", ["alice", "ada"])
def test_editors_and_administrators_work_on_everything(runtime, signed_in, who, act):
    submission = send(runtime, kind="story_tip", receipt_hash="ab" * 32)
    assert press(signed_in(who), submission, act, **ACTS[act]).status_code == 303


@pytest.mark.parametrize("act", ["", *ACTS])
def test_advertising_staff_reach_advertising_only(runtime, signed_in, act):
    own = send(runtime, kind="advertising", receipt_hash="ab" * 32)
    tip = send(runtime, kind="story_tip", receipt_hash="cd" * 32)
    carol = signed_in("carol")
    page = carol.get(address(own)).text
    if not act:
        assert carol.get(address(tip)).status_code == 404
        return
    fields = {"csrf_token": token(page), "version": "1", **ACTS[act]}
    assert carol.post(address(tip, act), data=fields).status_code == 404
    assert press(carol, own, act, **ACTS[act]).status_code == 303
    assert reload(runtime, tip).version == 1


@pytest.mark.parametrize(("who", "status"), [("alice", 404), ("carol", 404), ("victor", 404)])
def test_files_that_are_not_here_or_not_for_them_look_alike(runtime, signed_in, who, status):
    tip = send(runtime, kind="story_tip")
    with runtime.database.writing() as session:
        message = session.merge(tip).messages[0]
        file = Attachment(
            message_id=message.id,
            state=FileState.STORED,
            content_type="text/plain",
            storage_key="gone",
            created_at=runtime.clock(),
        )
        session.add(file)
    assert signed_in(who).get(f"/desk/files/{file.id}").status_code == status
    assert signed_in(who).get("/desk/files/999999").status_code == status


def test_somebody_whose_account_was_closed_is_out_at_once(runtime, signed_in, cast):
    submission = send(runtime)
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    with runtime.database.writing() as session:
        session.merge(cast["alice"]).active = False
    assert alice.get("/desk/").status_code == 302
    answer = alice.post(address(submission, "claim"), data={"csrf_token": token(page)})
    assert answer.status_code in (302, 303, 400, 401)
    assert reload(runtime, submission).assignee is None

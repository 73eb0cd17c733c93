"""Who may do what, and how accounts come and go."""

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import AccountRefused, InboxError
from inbox.models import AuditEntry, Channel, Role, Submission, User
from inbox.runtime import Runtime
from inbox.services import accounts, passwords

PASSWORD = "seven herons over the rice field"
ACTS = ("claim", "assign", "move", "prioritise", "label", "note", "ask", "reply", "split")
READS = ("submission:read", "attachment:read")
WRITES = (*(f"submission:{act}" for act in ACTS), "attachment:original", "job:retry", "job:dismiss", "inbox:export")
ADMINS_ONLY = ("webhooks:read", "subscriber:remove")
NEWSLETTER = ("subscriber:read", "subscriber:export")
SAVED = ("canned_reply:use", "canned_reply:change")

# Of the texts kept for replies, which belong to no submission: who may use them, who may change them?
CANNED = {
    Role.VIEWER: (False, False),
    Role.EDITOR: (True, True),
    Role.ADS: (True, False),
    Role.ADMIN: (True, True),
}

# The right of each role on a story tip and on an advertising enquiry: may it read, may it work?
RIGHTS = {
    (Role.VIEWER, "story_tip"): (True, False),
    (Role.VIEWER, "advertising"): (True, False),
    (Role.EDITOR, "story_tip"): (True, True),
    (Role.EDITOR, "advertising"): (True, True),
    (Role.ADS, "story_tip"): (False, False),
    (Role.ADS, "advertising"): (True, True),
    (Role.ADMIN, "story_tip"): (True, True),
    (Role.ADMIN, "advertising"): (True, True),
}


def add(session: Session, runtime: Runtime, email: str, role: Role = Role.EDITOR, password: str | None = None) -> User:
    return accounts.add_staff(session, email, "Su Wen", role, password, now=runtime.clock())


@pytest.mark.parametrize("kind", ["story_tip", "advertising"])
@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_exactly_its_rights(role: Role, kind: str) -> None:
    user, submission = User(role=role, active=True), Submission(kind=kind)
    reads, works = RIGHTS[role, kind]

    assert {verb: accounts.may(user, verb, submission) for verb in READS} == dict.fromkeys(READS, reads)
    assert {verb: accounts.may(user, verb, submission) for verb in WRITES} == dict.fromkeys(WRITES, works)
    assert not accounts.may(user, "submission:unheard-of", submission)


@pytest.mark.parametrize("role", list(Role))
def test_a_disabled_person_has_no_rights(role: Role) -> None:
    user = User(role=role, active=False)

    assert not any(accounts.may(user, verb) for verb in READS + WRITES + ADMINS_ONLY)


@pytest.mark.parametrize("role", list(Role))
def test_some_rights_are_the_administrators(role: Role) -> None:
    user = User(role=role, active=True)

    assert {accounts.may(user, verb) for verb in ADMINS_ONLY} == {role is Role.ADMIN}


def test_the_table_above_names_every_verb() -> None:
    assert set().union(*accounts.VERBS.values()) == {*READS, *WRITES, *ADMINS_ONLY, *NEWSLETTER, *SAVED}


@pytest.mark.parametrize("role", list(Role))
def test_who_gets_the_newsletter_is_for_editors_and_administrators(role: Role) -> None:
    user = User(role=role, active=True)
    assert {accounts.may(user, verb) for verb in NEWSLETTER} == {role in (Role.EDITOR, Role.ADMIN)}


@pytest.mark.parametrize("role", list(Role))
def test_saved_replies_are_used_by_who_answers_and_changed_by_editors(role: Role) -> None:
    user = User(role=role, active=True)
    assert tuple(accounts.may(user, verb) for verb in SAVED) == CANNED[role]


def test_lists_show_a_role_what_it_may_read(session: Session, runtime: Runtime) -> None:
    for number, kind in enumerate(("story_tip", "advertising")):
        session.add(
            Submission(
                reference=f"XX-{number}",
                kind=kind,
                channel=Channel.WEB,
                subject="x",
                received_at=runtime.clock(),
                active_at=runtime.clock(),
            )
        )
    session.flush()

    for role in Role:
        seen = session.scalars(select(Submission.kind).where(accounts.visible(User(role=role, active=True))))
        assert set(seen) == {kind for (r, kind), (reads, _) in RIGHTS.items() if r is role and reads}


def test_an_account_is_made_with_a_hashed_password_and_leaves_a_trace(session: Session, runtime: Runtime) -> None:
    user = add(session, runtime, " Su@Newsroom.example ", Role.ADS, PASSWORD)

    assert user.email == "su@newsroom.example"
    assert PASSWORD not in str(user.password)
    assert passwords.verify(user.password, PASSWORD)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.verb, entry.facts) == ("system", "account:add", {"account": "Su Wen", "role": "ads"})


@pytest.mark.parametrize("email", ["", "x", "@", "a@", "@b", "a b@c", "a@b@c", "a\n@b", "x" * 260 + "@b"])
def test_an_address_that_is_none_is_refused_in_words(email: str, session: Session, runtime: Runtime) -> None:
    with pytest.raises(AccountRefused, match="not an e-mail address"):
        add(session, runtime, email)


def test_an_address_has_one_account(session: Session, runtime: Runtime) -> None:
    add(session, runtime, "su@newsroom.example")

    with pytest.raises(InboxError, match="account with this address already"):
        add(session, runtime, "SU@newsroom.example")


@pytest.mark.parametrize("password", ["", "short", "password1234", "aaaaaaaaaaaaaaaa", "su@newsroom.example"])
def test_a_password_that_would_be_guessed_first_is_refused(password: str, session: Session, runtime: Runtime) -> None:
    with pytest.raises(AccountRefused):
        add(session, runtime, "su@newsroom.example", password=password)


@pytest.mark.parametrize("verb", [accounts.disable, accounts.enable, accounts.reset])
def test_an_unknown_address_is_said(verb, session: Session, runtime: Runtime) -> None:  # type: ignore[no-untyped-def]
    for email in ("nobody@newsroom.example", "", "\0"):
        with pytest.raises(InboxError, match="no account with this address"):
            verb(session, email, now=runtime.clock())


def test_the_last_administrator_cannot_be_disabled(session: Session, runtime: Runtime) -> None:
    add(session, runtime, "one@newsroom.example", Role.ADMIN)
    add(session, runtime, "two@newsroom.example", Role.ADMIN)
    accounts.disable(session, "one@newsroom.example", now=runtime.clock())
    accounts.disable(session, "one@newsroom.example", now=runtime.clock())  # twice does no harm

    with pytest.raises(InboxError, match="only administrator"):
        accounts.disable(session, "two@newsroom.example", now=runtime.clock())

    accounts.enable(session, "one@newsroom.example", now=runtime.clock())
    assert not accounts.disable(session, "two@newsroom.example", now=runtime.clock()).active


def test_two_administrators_who_disable_each_other_at_once_leave_one(runtime: Runtime) -> None:
    emails = ("one@newsroom.example", "two@newsroom.example")
    with runtime.database.writing() as session:
        for email in emails:
            add(session, runtime, email, Role.ADMIN)
    together, refused = threading.Barrier(2), []

    def disable(email: str) -> None:
        together.wait()
        try:
            with runtime.database.writing() as session:
                accounts.disable(session, email, now=runtime.clock())
        except AccountRefused as error:
            refused.append(error)

    threads = [threading.Thread(target=disable, args=(email,)) for email in emails]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1


def test_a_reset_takes_password_second_factor_codes_and_sessions(session: Session, runtime: Runtime) -> None:
    user = add(session, runtime, "su@newsroom.example", password=PASSWORD)
    user.tf_primary_method, user.tf_totp_secret, user.mf_recovery_codes = "authenticator", "secret", ["code"]
    user.last_totp_counter = 7
    before = user.fs_uniquifier

    accounts.reset(session, "su@newsroom.example", now=runtime.clock())
    session.expire_all()

    assert not passwords.verify(user.password, PASSWORD)
    assert (user.tf_primary_method, user.tf_totp_secret, user.mf_recovery_codes) == (None, None, None)
    assert user.last_totp_counter is None
    assert user.fs_uniquifier != before


def test_the_trace_of_accounts_holds_no_address(session: Session, runtime: Runtime) -> None:
    add(session, runtime, "su@newsroom.example", password=PASSWORD)
    for verb in (accounts.disable, accounts.enable, accounts.reset):
        verb(session, "su@newsroom.example", now=runtime.clock())

    entries = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))

    assert [entry.verb for entry in entries] == ["account:add", "account:disable", "account:enable", "account:reset"]
    assert "@" not in " ".join(f"{entry.actor} {entry.facts}" for entry in entries)


def test_staff_are_listed_by_name(runtime: Runtime, cast: dict[str, User]) -> None:
    with runtime.database.reading() as session:
        listed = [user.name for user in accounts.list_staff(session)]

    assert listed == ["Ada Kao", "Alice Lin", "Bob Chen", "Carol Wu", "Victor Hsu"]

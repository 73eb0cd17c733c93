"""Delivering a message: written down before the provider is called, looked up when the outcome is unclear."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from inbox.errors import NotFound, StorageError
from inbox.models import Attachment, Channel
from inbox.runtime import Runtime
from inbox.services import outbox, outgoing_files
from inbox.services.jobs import Lease, NotNow, Refused
from inbox.services.outbox import Task
from inbox.services.provider import NOT_FOUND, UNSAFE_FILE, Outgoing, OutgoingFile, Provider, Sent, Unclear

LOOK_AGAIN = timedelta(seconds=30)


class Send:
    """Delivers the message whose id is the job's subject, once, by the provider of its channel."""

    def __init__(self, runtime: Runtime, providers: Mapping[Channel, Provider]) -> None:
        self._runtime, self._providers = runtime, providers

    def do(self, lease: Lease) -> None:
        with self._runtime.database.writing() as session:
            task = outbox.begin(session, lease.subject_id, self._runtime.profile, now=self._runtime.clock())
        if task is None:
            return
        sent = self._look_up(task) if task.look_up else self._send(lease.subject_id, task)
        with self._runtime.database.writing() as session:
            outbox.sent(session, lease.subject_id, sent, now=self._runtime.clock())

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        outbox.give_up(session, lease.subject_id, code, now=self._runtime.clock())

    def _send(self, message_id: int, task: Task) -> Sent:
        try:
            outgoing = self._with_files(task)
            return self._providers[outgoing.channel].send(outgoing)
        except (NotNow, Refused):
            with self._runtime.database.writing() as session:
                outbox.put_back(session, message_id)
            raise
        except Unclear:
            with self._runtime.database.writing() as session:
                outbox.doubt(session, message_id)
            raise NotNow("unclear") from None

    def _with_files(self, task: Task) -> Outgoing:
        """The message with its files: in a mail, else their addresses, which are made now as they do not last."""
        if task.outgoing.mail:
            return replace(task.outgoing, files=tuple(self._read(file) for file in task.files))
        settings, now = self._runtime.settings, self._runtime.clock()
        addresses = (
            settings.public_url + outgoing_files.path(file, self._runtime.derive, now=now) for file in task.files
        )
        return replace(task.outgoing, media_urls=(*task.outgoing.media_urls, *addresses))

    def _read(self, attachment: Attachment) -> OutgoingFile:
        try:
            file = outgoing_files.copy_to_send(attachment)
            content = self._runtime.storage.read(file.key)
        except StorageError:
            raise NotNow("storage") from None
        except (NotFound, FileNotFoundError):
            raise Refused(UNSAFE_FILE) from None
        return OutgoingFile(file.filename, file.content_type, content)

    def _look_up(self, task: Task) -> Sent:
        """What the provider knows. Soon after the call that may change; later it was not sent."""
        try:
            found = self._providers[task.outgoing.channel].find(task.outgoing, task.since)
        except Unclear:
            raise NotNow("unclear") from None
        with self._runtime.database.reading() as session:
            unclaimed = [sent for sent in found if not outbox.is_known(session, sent)]
        if unclaimed:
            return unclaimed[0]
        if self._runtime.clock() - task.since < outbox.LOOKED_UP_FOR:
            raise NotNow("unclear", LOOK_AGAIN)
        raise Refused(NOT_FOUND)

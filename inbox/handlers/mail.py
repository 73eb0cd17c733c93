"""Reading a mail again of which only the original is here, after the limit was raised or the parser mended."""

from functools import partial
from tempfile import TemporaryFile

from sqlalchemy.orm import Session

from inbox.channels.email.take_in import TOO_LARGE, Opened, keep_files, kept_for, open_mail
from inbox.db import exactly_once
from inbox.handlers.media import workshop
from inbox.models import Mail
from inbox.runtime import Runtime
from inbox.services import mail, mail_threads
from inbox.services.jobs import Lease, Refused


class ReadAgain:
    """Makes a placeholder the mail that it stands for; the message's id is the job's subject."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def do(self, lease: Lease) -> None:
        with self._runtime.database.reading() as session:
            row = mail_threads.placeholder(session, lease.subject_id)
        if row is None:
            return
        opened = self._open(row)
        if opened.problem:
            raise Refused(opened.problem)
        self._complete(lease.subject_id, opened)

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        if row := mail_threads.placeholder(session, lease.subject_id):
            row.problem = code[:500]

    def _open(self, row: Mail) -> Opened:
        if row.original_size > self._runtime.settings.max_mail_bytes:  # no need to fetch it
            raise Refused(TOO_LARGE)
        with TemporaryFile(dir=workshop(self._runtime)) as file:
            try:
                file.writelines(self._runtime.storage.chunks(row.original_key))
            except FileNotFoundError:
                raise Refused("lost") from None
            return open_mail(self._runtime, file)

    def _complete(self, message_id: int, opened: Opened) -> None:
        with kept_for(self._runtime, Mail.message_id == message_id) as keep:
            complete = partial(
                mail.process_again,
                message_id=message_id,
                read=opened.read,
                files=keep_files(opened.read.files, keep),
                profile=self._runtime.profile,
                now=self._runtime.clock(),
            )
            exactly_once(self._runtime.database.writing, complete)
        self._runtime.bell.set()

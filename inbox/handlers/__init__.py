"""What a worker can do: a handler for each kind of job."""

from typing import Protocol

from sqlalchemy.orm import Session

from inbox.services.jobs import Lease


class Handler(Protocol):
    """Does jobs of one kind. It owns its transactions, and holds none open while it waits for somebody else."""

    def do(self, lease: Lease) -> None:
        """Do the job, which an earlier try may have done in part. Raises `jobs.NotNow` or `jobs.Refused`."""

    def give_up(self, session: Session, lease: Lease, code: str) -> None:
        """Leave word on the job's subject that it will not be done, in the transaction that fails the job."""

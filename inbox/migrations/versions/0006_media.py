"""media: clean copies, why a file has none, and the work that files already here wait for"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from inbox.db import UTCDateTime

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, length in (('copy_key', 255), ('copy_type', 255), ('copy_sha256', 64), ('preview_key', 255),
                         ('problem', 500)):
        op.add_column('attachment', sa.Column(name, sa.String(length=length), nullable=False, server_default=''))
    op.add_column('attachment', sa.Column('copy_size', sa.BigInteger(), nullable=True))
    op.add_column('attachment', sa.Column('duration_seconds', sa.Double(), nullable=True))
    op.add_column('attachment', sa.Column('forgotten_at', UTCDateTime(), nullable=True))
    _promise('clean', "state = 'stored' AND message_id IS NOT NULL")
    _promise('fetch', "state = 'pending' AND source_url <> ''")


def _promise(kind: str, which: str) -> None:
    """Let the worker do with the files that are here what it does with new ones."""
    statement = sa.text(
        "INSERT INTO job (kind, subject_id, state, due_at, tries, error, created_at)"
        f" SELECT :kind, id, 'waiting', :now, 0, '', :now FROM attachment WHERE {which}"
    ).bindparams(sa.bindparam('kind', kind), sa.bindparam('now', datetime.now(UTC), type_=UTCDateTime()))
    op.get_bind().execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM job WHERE kind IN ('fetch', 'clean', 'forget')")
    op.execute("UPDATE attachment SET state = 'stored' WHERE state = 'held'")
    for name in ('forgotten_at', 'duration_seconds', 'copy_size', 'problem', 'preview_key', 'copy_sha256',
                 'copy_type', 'copy_key'):
        op.drop_column('attachment', name)

"""the indexes behind the lists grow at their end, and those of decided submissions leave the others out"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

LISTS: dict[str, list[str]] = {
    'ix_submission_newest': [],
    'ix_submission_status': ['status'],
    'ix_submission_kind': ['kind', 'waits'],
    'ix_submission_kind_status': ['kind', 'status'],
    'ix_submission_channel': ['channel', 'waits'],
    'ix_submission_assignee': ['assignee_id', 'waits'],
}
OF_DECIDED = ('ix_submission_status', 'ix_submission_kind_status')


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == 'sqlite'
    waiting, decided = (sa.text(f'waits = {each}') for each in (('1', '0') if is_sqlite else ('true', 'false')))
    for name, columns in LISTS.items():
        op.drop_index(name, table_name='submission')
        where = decided if name in OF_DECIDED else None
        op.create_index(name, 'submission', [*columns, 'active_at', 'id'], unique=False,
                        sqlite_where=where, postgresql_where=where)
    op.drop_index('ix_submission_waits', table_name='submission')
    op.create_index('ix_submission_waits', 'submission', ['active_at', 'id'], unique=False,
                    sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    newest_first: list[Any] = [sa.literal_column('active_at DESC'), sa.literal_column('id DESC')]
    for name, columns in {**LISTS, 'ix_submission_waits': ['waits']}.items():
        op.drop_index(name, table_name='submission')
        op.create_index(name, 'submission', [*columns, *newest_first], unique=False)

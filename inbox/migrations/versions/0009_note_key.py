"""keys of notes, and sessions that were ended before their time"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('note', sa.Column('client_key', sa.String(length=64), nullable=True))
    has_key = sa.text('client_key IS NOT NULL')
    op.create_index('uq_note_client_key', 'note', ['client_key'], unique=True,
                    sqlite_where=has_key, postgresql_where=has_key)
    op.add_column('user', sa.Column('ended_sessions', sa.JSON(), server_default='{}', nullable=False))
    op.add_column('submission', sa.Column('views_closed', sa.Integer(), server_default='0', nullable=False))


def downgrade() -> None:
    op.drop_column('submission', 'views_closed')
    op.drop_column('user', 'ended_sessions')
    op.drop_index('uq_note_client_key', table_name='note')
    op.drop_column('note', 'client_key')

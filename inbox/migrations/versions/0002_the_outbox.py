"""the outbox: slow work as rows, replies, and what the provider says of them"""

import sqlalchemy as sa
from alembic import op

from inbox.db import UTCDateTime

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('job',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('due_at', UTCDateTime(), nullable=False),
    sa.Column('leased_until', UTCDateTime(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('finished_at', UTCDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('kind', 'subject_id', name=op.f('uq_job_kind_subject_id'))
    )
    op.create_index('ix_job_due', 'job', ['state', 'due_at'], unique=False)

    op.create_table('status_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(length=64), nullable=False),
    sa.Column('external_id', sa.String(length=255), nullable=False),
    sa.Column('state', sa.String(length=32), nullable=False),
    sa.Column('error_code', sa.String(length=32), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_status_report')),
    sa.UniqueConstraint('account', 'external_id', 'state', name=op.f('uq_status_report_account_external_id_state'))
    )

    op.add_column('message', sa.Column('client_key', sa.String(length=64), nullable=True))
    has_key = sa.text('client_key IS NOT NULL')
    op.create_index('uq_message_client_key', 'message', ['client_key'], unique=True,
                    sqlite_where=has_key, postgresql_where=has_key)


def downgrade() -> None:
    op.drop_index('uq_message_client_key', table_name='message')
    op.drop_column('message', 'client_key')
    op.drop_table('status_report')
    op.drop_table('job')

"""what needs attention: failures and lasting trouble, refused webhooks, and how far lost ones were looked for"""

import sqlalchemy as sa
from alembic import op

from inbox.db import UTCDateTime

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('job', sa.Column('attention_at', UTCDateTime(), nullable=True))
    op.execute("UPDATE job SET attention_at = coalesce(finished_at, due_at) WHERE state = 'failed'")
    # What the provider took and could not deliver was done, for the worker.
    op.execute("""UPDATE job SET state = 'failed', attention_at = coalesce(finished_at, due_at),
        error = (SELECT error_code FROM message WHERE message.id = job.subject_id)
        WHERE kind = 'send' AND state = 'done' AND EXISTS (
        SELECT 1 FROM message WHERE message.id = job.subject_id AND delivery_state = 'failed')""")
    troubled = sa.text('attention_at IS NOT NULL')
    op.create_index('ix_job_attention', 'job', ['kind', sa.text('attention_at DESC'), sa.text('id DESC')], unique=False,
                    sqlite_where=troubled, postgresql_where=troubled)

    op.create_table('refused_webhook',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.Column('route', sa.String(length=255), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('expected_url', sa.String(length=500), nullable=False),
    sa.Column('signed', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refused_webhook'))
    )
    op.create_index('ix_refused_webhook_at', 'refused_webhook', ['at'], unique=False)

    op.create_table('recovery_position',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(length=64), nullable=False),
    sa.Column('complete_until', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_position')),
    sa.UniqueConstraint('account', name=op.f('uq_recovery_position_account'))
    )


def downgrade() -> None:
    op.drop_table('recovery_position')
    op.drop_table('refused_webhook')
    op.drop_index('ix_job_attention', table_name='job')
    op.drop_column('job', 'attention_at')

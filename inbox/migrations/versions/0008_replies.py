"""replies: canned ones, drafts, and finding what was said last from an address"""

import sqlalchemy as sa
from alembic import op

from inbox.db import UTCDateTime

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('canned_reply',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('changed_at', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_canned_reply')),
    sa.UniqueConstraint('name', name=op.f('uq_canned_reply_name'))
    )

    op.create_table('reply_draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('changed_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_reply_draft_submission_id_submission')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_reply_draft_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reply_draft')),
    sa.UniqueConstraint('submission_id', 'user_id', name=op.f('uq_reply_draft_submission_id_user_id'))
    )

    from_an_address = sa.text('contact_point_id IS NOT NULL')
    op.create_index('ix_message_contact_point', 'message', ['contact_point_id', 'id'],
                    sqlite_where=from_an_address, postgresql_where=from_an_address)


def downgrade() -> None:
    op.drop_index('ix_message_contact_point', table_name='message')
    op.drop_table('reply_draft')
    op.drop_table('canned_reply')

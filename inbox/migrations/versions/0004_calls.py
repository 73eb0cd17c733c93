"""calls: what is known of each telephone call, told in pieces"""

import sqlalchemy as sa
from alembic import op

from inbox.db import UTCDateTime

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('call',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account', sa.String(length=64), nullable=False),
    sa.Column('call_sid', sa.String(length=64), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('caller', sa.String(length=320), nullable=True),
    sa.Column('number', sa.String(length=320), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('status', sa.String(length=32), nullable=False),
    sa.Column('seconds', sa.Integer(), nullable=True),
    sa.Column('recording', sa.String(length=32), nullable=False),
    sa.Column('recording_sid', sa.String(length=64), nullable=False),
    sa.Column('recording_url', sa.Text(), nullable=False),
    sa.Column('recording_seconds', sa.Integer(), nullable=True),
    sa.Column('recorded_at', UTCDateTime(), nullable=True),
    sa.Column('error_code', sa.String(length=32), nullable=False),
    sa.Column('transcription', sa.String(length=32), nullable=False),
    sa.Column('transcript', sa.Text(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_call_message_id_message')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call')),
    sa.UniqueConstraint('account', 'call_sid', name=op.f('uq_call_account_call_sid')),
    sa.UniqueConstraint('message_id', name=op.f('uq_call_message_id'))
    )


def downgrade() -> None:
    op.drop_table('call')

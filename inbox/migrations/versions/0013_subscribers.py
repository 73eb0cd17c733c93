"""the newsletter: who gets it, and what they agreed to"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'subscriber',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('channel', sa.String(length=32), nullable=False),
        sa.Column('address', sa.String(length=320), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('language', sa.String(length=16), nullable=False),
        sa.Column('seed', sa.String(length=32), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name='pk_subscriber'),
        sa.UniqueConstraint('channel', 'address', name='uq_subscriber_channel_address'),
        sa.UniqueConstraint('seed', name='uq_subscriber_seed'),
        sqlite_autoincrement=True,
    )
    op.create_index('ix_subscriber_state', 'subscriber', ['state', 'id'])
    op.create_table(
        'consent',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('subscriber_id', sa.Integer(), nullable=True),
        sa.Column('channel', sa.String(length=32), nullable=False),
        sa.Column('address', sa.String(length=320), nullable=False),
        sa.Column('language', sa.String(length=16), nullable=False),
        sa.Column('way', sa.String(length=16), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('text_language', sa.String(length=16), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('token_hash', sa.String(length=64), nullable=True),
        sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['subscriber_id'], ['subscriber.id'], name='fk_consent_subscriber_id_subscriber'),
        sa.PrimaryKeyConstraint('id', name='pk_consent'),
        sa.UniqueConstraint('token_hash', name='uq_consent_token_hash'),
        sqlite_autoincrement=True,
    )
    op.create_index('ix_consent_subscriber_id', 'consent', ['subscriber_id'])
    unconfirmed = sa.text('confirmed_at IS NULL')
    op.create_index(
        'ix_consent_unconfirmed', 'consent', ['asked_at'], sqlite_where=unconfirmed, postgresql_where=unconfirmed
    )


def downgrade() -> None:
    op.drop_index('ix_consent_unconfirmed', table_name='consent')
    op.drop_index('ix_consent_subscriber_id', table_name='consent')
    op.drop_table('consent')
    op.drop_index('ix_subscriber_state', table_name='subscriber')
    op.drop_table('subscriber')

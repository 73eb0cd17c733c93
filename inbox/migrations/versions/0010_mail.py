"""e-mail: what is known of each, how far mailboxes were read, letters outside the queue, the health of channels"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'mail',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('message_id', sa.Integer(), nullable=False),
        sa.Column('mail_id', sa.String(length=255), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('in_reply_to', sa.String(length=255), nullable=False),
        sa.Column('original_key', sa.String(length=255), nullable=False),
        sa.Column('original_size', sa.BigInteger(), nullable=False),
        sa.Column('html', sa.Text(), nullable=False),
        sa.Column('joined_by', sa.String(length=16), nullable=False),
        sa.Column('copy_of_id', sa.Integer(), nullable=True),
        sa.Column('problem', sa.String(length=500), nullable=False),
        sa.Column('verdicts', sa.JSON(), nullable=False),
        sa.Column('traits', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['copy_of_id'], ['message.id'], name='fk_mail_copy_of_id_message'),
        sa.ForeignKeyConstraint(['message_id'], ['message.id'], name='fk_mail_message_id_message'),
        sa.PrimaryKeyConstraint('id', name='pk_mail'),
        sa.UniqueConstraint('message_id', name='uq_mail_message_id'),
    )
    op.create_index('ix_mail_mail_id', 'mail', ['mail_id'])
    has_problem = sa.text("problem != ''")
    op.create_index('ix_mail_problem', 'mail', ['id'], sqlite_where=has_problem, postgresql_where=has_problem)
    op.create_table(
        'mailbox_position',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('address', sa.String(length=64), nullable=False),
        sa.Column('folder', sa.String(length=255), nullable=False),
        sa.Column('uid_validity', sa.BigInteger(), nullable=False),
        sa.Column('last_uid', sa.BigInteger(), nullable=False),
        sa.Column('leased_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('holder', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_mailbox_position'),
        sa.UniqueConstraint('address', 'folder', name='uq_mailbox_position_address_folder'),
    )
    op.create_table(
        'letter',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(length=128), nullable=False),
        sa.Column('mail_id', sa.String(length=255), nullable=False),
        sa.Column('recipient', sa.String(length=320), nullable=False),
        sa.Column('subject', sa.String(length=500), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('html', sa.Text(), nullable=False),
        sa.Column('headers', sa.JSON(), nullable=False),
        sa.Column('state', sa.String(length=32), nullable=False),
        sa.Column('error', sa.String(length=64), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name='pk_letter'),
        sa.UniqueConstraint('key', name='uq_letter_key'),
    )
    op.create_table(
        'channel_health',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.String(length=128), nullable=False),
        sa.Column('succeeded_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('problem', sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint('id', name='pk_channel_health'),
        sa.UniqueConstraint('name', name='uq_channel_health_name'),
    )


def downgrade() -> None:
    op.drop_table('channel_health')
    op.drop_table('letter')
    op.drop_table('mailbox_position')
    op.drop_index('ix_mail_problem', table_name='mail')
    op.drop_index('ix_mail_mail_id', table_name='mail')
    op.drop_table('mail')

"""notices to staff, what each person wants to be told, and which outage was told of"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'notice',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('user_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('key', sa.String(length=320), nullable=False),
        sa.Column('submission_id', sa.Integer(), nullable=True),
        sa.Column('message_id', sa.Integer(), nullable=True),
        sa.Column('note_id', sa.Integer(), nullable=True),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['user.id'], name='fk_notice_user_id_user'),
        sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name='fk_notice_submission_id_submission'),
        sa.ForeignKeyConstraint(['message_id'], ['message.id'], name='fk_notice_message_id_message'),
        sa.ForeignKeyConstraint(['note_id'], ['note.id'], name='fk_notice_note_id_note'),
        sa.PrimaryKeyConstraint('id', name='pk_notice'),
        sa.UniqueConstraint('user_id', 'key', name='uq_notice_user_id_key'),
    )
    waits = sa.text('told_at IS NULL')
    op.create_index('ix_notice_waits', 'notice', ['user_id', 'id'], sqlite_where=waits, postgresql_where=waits)
    op.create_index('ix_notice_told', 'notice', ['user_id', 'told_at'])
    op.add_column('user', sa.Column('notice_choices', sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('channel_health', sa.Column('told_since', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('channel_health', 'told_since')
    op.drop_column('user', 'notice_choices')
    op.drop_index('ix_notice_told', table_name='notice')
    op.drop_index('ix_notice_waits', table_name='notice')
    op.drop_table('notice')

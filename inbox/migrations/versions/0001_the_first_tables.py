"""the first tables"""

import sqlalchemy as sa
from alembic import op

from inbox.db import UTCDateTime

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('contact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=500), nullable=False),
    sa.Column('organisation', sa.String(length=500), nullable=False),
    sa.Column('email', sa.String(length=500), nullable=False),
    sa.Column('phone', sa.String(length=500), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact'))
    )
    op.create_table('label',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label')),
    sa.UniqueConstraint('key', name=op.f('uq_label_key'))
    )
    op.create_table('user',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('role', sa.Enum('viewer', 'editor', 'ads', 'admin', name='role', native_enum=False, length=32), nullable=False),
    sa.Column('password', sa.String(length=255), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('fs_uniquifier', sa.String(length=64), nullable=False),
    sa.Column('tf_primary_method', sa.String(length=64), nullable=True),
    sa.Column('tf_totp_secret', sa.String(length=255), nullable=True),
    sa.Column('tf_phone_number', sa.String(length=128), nullable=True),
    sa.Column('mf_recovery_codes', sa.JSON(), nullable=True),
    sa.Column('last_totp_counter', sa.Integer(), nullable=True),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user')),
    sa.UniqueConstraint('email', name=op.f('uq_user_email')),
    sa.UniqueConstraint('fs_uniquifier', name=op.f('uq_user_fs_uniquifier'))
    )
    op.create_table('contact_point',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Enum('web', 'whatsapp', 'sms', 'rcs', 'email', 'voice', name='channel', native_enum=False, length=32), nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('can_reply', sa.Boolean(), nullable=False),
    sa.Column('opted_out_at', UTCDateTime(), nullable=True),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_contact_point_contact_id_contact')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact_point')),
    sa.UniqueConstraint('channel', 'address', name=op.f('uq_contact_point_channel_address'))
    )
    op.create_index('ix_contact_point_contact_id', 'contact_point', ['contact_id'], unique=False)

    op.create_table('submission',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('status', sa.Enum('new', 'open', 'accepted', 'declined', 'closed', 'spam', name='status', native_enum=False, length=32), nullable=False),
    sa.Column('waits', sa.Boolean(), sa.Computed("status in ('new', 'open')", persisted=True), nullable=False),
    sa.Column('channel', sa.Enum('web', 'whatsapp', 'sms', 'rcs', 'email', 'voice', name='channel', native_enum=False, length=32), nullable=False),
    sa.Column('priority', sa.Enum('low', 'normal', 'high', name='priority', native_enum=False, length=32), nullable=False),
    sa.Column('subject', sa.String(length=500), nullable=False),
    sa.Column('preview', sa.String(length=500), nullable=False),
    sa.Column('sender', sa.String(length=500), nullable=False),
    sa.Column('language', sa.String(length=16), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('spam_reasons', sa.JSON(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('assignee_id', sa.Integer(), nullable=True),
    sa.Column('thread_key', sa.String(length=360), nullable=True),
    sa.Column('receipt_hash', sa.String(length=64), nullable=True),
    sa.Column('message_count', sa.Integer(), nullable=False),
    sa.Column('waits_for_sender', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('received_at', UTCDateTime(), nullable=False),
    sa.Column('active_at', UTCDateTime(), nullable=False),
    sa.Column('decided_at', UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['assignee_id'], ['user.id'], name=op.f('fk_submission_assignee_id_user')),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_submission_contact_id_contact')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('receipt_hash', name=op.f('uq_submission_receipt_hash')),
    sa.UniqueConstraint('reference', name=op.f('uq_submission_reference')),
    sa.UniqueConstraint('thread_key', name=op.f('uq_submission_thread_key'))
    )
    op.create_index('ix_submission_assignee', 'submission', ['assignee_id', 'waits', sa.literal_column('active_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_submission_channel', 'submission', ['channel', 'waits', sa.literal_column('active_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_submission_contact_id', 'submission', ['contact_id'], unique=False)
    op.create_index('ix_submission_kind', 'submission', ['kind', 'waits', sa.literal_column('active_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_submission_kind_status', 'submission', ['kind', 'status', sa.literal_column('active_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_submission_newest', 'submission', [sa.literal_column('active_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_submission_status', 'submission', ['status', sa.literal_column('active_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_submission_waits', 'submission', ['waits', sa.literal_column('active_at DESC'), sa.literal_column('id DESC')], unique=False)

    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor', sa.String(length=500), nullable=False),
    sa.Column('verb', sa.String(length=64), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_audit_entry_actor_id_user')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_audit_entry_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry'))
    )
    op.create_index('ix_audit_entry_submission_id', 'audit_entry', ['submission_id'], unique=False)

    op.create_table('message',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('contact_point_id', sa.Integer(), nullable=True),
    sa.Column('author_id', sa.Integer(), nullable=True),
    sa.Column('direction', sa.Enum('in', 'out', name='direction', native_enum=False, length=32), nullable=False),
    sa.Column('channel', sa.Enum('web', 'whatsapp', 'sms', 'rcs', 'email', 'voice', name='channel', native_enum=False, length=32), nullable=False),
    sa.Column('account', sa.String(length=64), nullable=False),
    sa.Column('external_id', sa.String(length=255), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('sender_name', sa.String(length=500), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('extra', sa.JSON(), nullable=False),
    sa.Column('raw', sa.JSON(), nullable=False),
    sa.Column('delivery_state', sa.String(length=32), nullable=False),
    sa.Column('error_code', sa.String(length=32), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_message_author_id_user')),
    sa.ForeignKeyConstraint(['contact_point_id'], ['contact_point.id'], name=op.f('fk_message_contact_point_id_contact_point')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_message_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('account', 'external_id', name=op.f('uq_message_account_external_id'))
    )
    op.create_index('ix_message_submission_id', 'message', ['submission_id'], unique=False)

    op.create_table('note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_note_author_id_user')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_note_submission_id_submission')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_note'))
    )
    op.create_index('ix_note_submission_id', 'note', ['submission_id'], unique=False)

    op.create_table('submission_label',
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('label_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['label_id'], ['label.id'], name=op.f('fk_submission_label_label_id_label')),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_submission_label_submission_id_submission')),
    sa.PrimaryKeyConstraint('submission_id', 'label_id', name=op.f('pk_submission_label'))
    )
    op.create_index('ix_submission_label_label', 'submission_label', ['label_id', 'submission_id'], unique=False)

    op.create_table('attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.Integer(), nullable=True),
    sa.Column('form_token', sa.String(length=64), nullable=True),
    sa.Column('state', sa.Enum('pending', 'stored', 'rejected', 'failed', name='filestate', native_enum=False, length=32), nullable=False),
    sa.Column('filename', sa.String(length=500), nullable=False),
    sa.Column('content_type', sa.String(length=255), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage_key', sa.String(length=255), nullable=False),
    sa.Column('source_url', sa.Text(), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_attachment_message_id_message')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    op.create_index('ix_attachment_form_token', 'attachment', ['form_token'], unique=False)
    op.create_index('ix_attachment_message_id', 'attachment', ['message_id'], unique=False)

    make_search_index()


def make_search_index() -> None:
    """One row of tokens for each submission; see inbox/services/search_index.py."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE submission_search USING fts5("
            "tokens, tokenize = 'unicode61 remove_diacritics 0', detail = none)"
        )
        return
    op.execute("CREATE TABLE submission_search (submission_id integer PRIMARY KEY, tokens tsvector NOT NULL)")
    op.execute("CREATE INDEX ix_submission_search_tokens ON submission_search USING gin (tokens)")


def downgrade() -> None:
    op.execute("DROP TABLE submission_search")
    op.drop_table('attachment')
    op.drop_table('submission_label')
    op.drop_table('note')
    op.drop_table('message')
    op.drop_table('audit_entry')
    op.drop_table('submission')
    op.drop_table('contact_point')
    op.drop_table('user')
    op.drop_table('label')
    op.drop_table('contact')

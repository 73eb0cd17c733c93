"""the WhatsApp guide: where it stands in each conversation"""

import sqlalchemy as sa
from alembic import op

from inbox.db import UTCDateTime

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('guide',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_id', sa.Integer(), nullable=False),
    sa.Column('contact_point_id', sa.Integer(), nullable=False),
    sa.Column('stage', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('repeated', sa.Boolean(), nullable=False),
    sa.Column('language', sa.String(length=16), nullable=False),
    sa.Column('asked_at', UTCDateTime(), nullable=False),
    sa.Column('ends_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['submission_id'], ['submission.id'], name=op.f('fk_guide_submission_id_submission')),
    sa.ForeignKeyConstraint(['contact_point_id'], ['contact_point.id'],
                            name=op.f('fk_guide_contact_point_id_contact_point')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guide')),
    sa.UniqueConstraint('submission_id', name=op.f('uq_guide_submission_id'))
    )


def downgrade() -> None:
    op.drop_table('guide')

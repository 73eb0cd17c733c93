"""one first arrival of each mail, of which all others are copies"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    first = sa.text("copy_of_id IS NULL AND digest != ''")
    op.create_index('uq_mail_first', 'mail', ['mail_id', 'digest'], unique=True,
                    sqlite_where=first, postgresql_where=first)


def downgrade() -> None:
    op.drop_index('uq_mail_first', table_name='mail')

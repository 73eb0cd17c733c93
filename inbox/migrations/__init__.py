"""The database's versions, inside the package so that an installed copy can upgrade itself."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from inbox.errors import ConfigError

NEWER = "its tables were made by a later version than this one; install that version, or restore an older backup"


def alembic_config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to `revision`; nothing happens if they are there. Raises ConfigError for newer tables."""
    if is_newer(engine):
        raise ConfigError(f"INBOX_DATABASE_URL: {NEWER}")
    command.upgrade(alembic_config(engine), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to `revision` ("base" removes all)."""
    command.downgrade(alembic_config(engine), revision)


def is_current(engine: Engine) -> bool:
    """Whether the tables are those that this version of the code expects."""
    head = ScriptDirectory.from_config(alembic_config(engine)).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def is_newer(engine: Engine) -> bool:
    """Whether the tables were made by a later version of the code, which this one does not know."""
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config(engine)).walk_revisions()}
    with engine.connect() as connection:
        return not set(MigrationContext.configure(connection).get_current_heads()) <= known

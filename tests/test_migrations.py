"""The tables can be made, taken away and made again, and are those that the models describe."""

from alembic import command

from inbox import migrations
from inbox.runtime import Runtime


def test_migrations_run_back_and_forward_and_match_the_models(runtime: Runtime) -> None:
    engine = runtime.database.engine

    migrations.downgrade(engine, "base")
    assert not migrations.is_current(engine)
    migrations.upgrade(engine)

    assert migrations.is_current(engine)
    command.check(migrations.alembic_config(engine))

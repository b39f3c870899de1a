"""Alembic migrations of the tables; `SqlRepository` runs them when it opens a database."""

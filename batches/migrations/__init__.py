"""Alembic revisions: each brings the tables from one version to the next and back."""

"""Kept ground: records, masters, journal, packages. Imports nothing of ours."""

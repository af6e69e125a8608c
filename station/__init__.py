"""Joins the grounds and qc: capture, processing, checking, release, command line. Knows no Flask."""

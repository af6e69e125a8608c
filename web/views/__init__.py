"""Views: thin; each reads what was asked, calls the station, and shows."""

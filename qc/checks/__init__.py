"""Checks of one page, a family a file. Each takes a ``Look`` and gives its findings; none fixes anything."""

"""Hardware ground: paper and devices. Knows no batch, no file name of the archive, no web."""

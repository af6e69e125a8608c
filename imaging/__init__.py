"""Pure ground: pixels in, values out. Knows no scanner, no batch, no web."""

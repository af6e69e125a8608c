"""The target sheet: one page of known geometry that a scanner is shown from time to time, and what its picture says.

Printed by an office printer it is no colour standard and its edges are not perfect: all that is judged is judged against the
same sheet's first scan on the same scanner, but for scale, squareness and streaks, which are absolute."""

from imaging.target.draw import write_pdf
from imaging.target.measure import TargetMeasure, TargetNotFound, measure
from imaging.target.sfr import Edge, slanted_edge

__all__ = ["Edge", "TargetMeasure", "TargetNotFound", "measure", "slanted_edge", "write_pdf"]

"""Figures: for each its data, then its drawing.

Names of runs stand in them, in which a dollar sign is a dollar sign: no text is mathematics.
"""

from matplotlib import rcParams

rcParams["text.parse_math"] = False

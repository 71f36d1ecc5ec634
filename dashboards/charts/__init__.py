"""Charts that can be touched, as Vega-Lite that Streamlit draws in the browser: all of it local.

Hover tells the numbers, a click on a name in the legend singles it out (with Shift: several), a
drag moves, Ctrl and the wheel zoom, and a double click shows everything again. The files that are
saved are the figures of `pi.figures`.
"""

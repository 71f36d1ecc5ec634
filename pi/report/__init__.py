"""A comparison as a result section: tables, figures and words, in one HTML file and in LaTeX.

Nothing here measures or tests; it says what `pi.comparison` found, of which runs, and how far that
goes. `compose.compose` makes a `document.Report` of it, and `document.render` an HTML page that
needs nothing beside itself.
"""

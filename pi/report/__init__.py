"""What was found, as a result section: tables, figures and words, in one HTML file and in LaTeX.

Nothing here measures or tests; it says what was found, of which runs, and how far that goes.
`compose.compose` puts a comparison into words and places and `comparison.comparison_page` makes a
page of it; `stages` does so for a whole MLflow experiment. A page is made of `blocks`, which
`document.render` turns into HTML that needs nothing beside itself.
"""

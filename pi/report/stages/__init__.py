"""A whole MLflow experiment as a result section: one file a stage, in the order of the data.

`found` says what was read of the store; each of the others turns its share of that into a section,
and `compose` makes the page. What is not there has no section, but a sentence in `missing`.
"""

"""Training under tracked influence: Eq. (4), its lambda, and the state that survives a kill."""

"""The steps of Algorithm 1, taken one after the other."""

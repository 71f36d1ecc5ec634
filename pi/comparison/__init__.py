"""Several runs on the same slices: what differs, by how much, and what the data can support.

Records travel one way: `pairing.RunTable` (one run) -> `pairing.PairedTable` (several, joined on
the slice key) -> `contrast.Contrast` (two of them by one metric) -> `compare.Comparison` (all of
it, corrected as one family). A difference is always a *gain*: above 0 where the other run is
better than the reference, whatever the direction of the metric.
"""

"""Slices paired over two doses, kept as memory-mapped HU, and the patches cut from them."""

"""What the server's process is told before it loads TensorFlow, by whoever imports this first."""

import ctypes
import os

# A page denoises one slice at a time, of which oneDNN's convolutions give one thread all the work
# where there is AVX2 alone: two threads are twice as fast without them. `pi.network` asks for them.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

M_ARENA_MAX = -8
"""Of glibc's malloc.h."""

# Else every thread has a heap of its own, which keeps what the thread has freed.
if hasattr(ctypes.CDLL(None), "mallopt"):
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)

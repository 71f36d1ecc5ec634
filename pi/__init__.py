"""Perceptual influence: an instrument for perceptual losses in low-dose CT denoising.

Read the rooms in the order of the data: ``simulation``, ``readers``, ``slices``
(pairs and patches), ``network`` (the denoiser and the encoder), ``influence`` (loss components,
Psi, lambda), ``training``, ``evaluation``, ``comparison``, ``tracking``, ``jobs``.
"""

import os

# Manners of the libraries below, set before any of them is imported: TensorFlow's start-up
# chatter is hidden (warnings and errors stay), MLflow sends no telemetry from a hospital and
# draws no bars of its own.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

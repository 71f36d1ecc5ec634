"""Lambda searched for: by the Psi that it gives, by validation SSIM, or by both."""

import optuna

# A study is told in one table at its end, not trial by trial on stderr.
optuna.logging.set_verbosity(optuna.logging.ERROR)

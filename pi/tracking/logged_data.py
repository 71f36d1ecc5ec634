"""What the tracking store holds of the data that a run is on."""

from collections.abc import Mapping

from pi.slices.dose_levels import simulated_doses
from pi.slices.store import Store
from pi.tracking.run import Run

FOLD = "pi.fold"
FOLDS = "pi.folds"
"""Tags of a run on one fold of a cross-validation. A run over all folds has the second alone."""

SIMULATED_DOSES = "simulated_low_doses"
"""Fact of data whose low doses were not scanned but simulated, in words."""

PSEUDONYMS = "pi.pseudonyms"
"""Tag of a run on patients: fingerprint of the secret that made their pseudonyms."""

NAME = "mlflow.runName"


def log_data(run: Run, store: Store, facts: Mapping[str, object]) -> dict[str, object]:
    """Log the data by their digest and, where they are a fold, which; return all facts of them.

    The run's name then says the fold, too.

    Args:
        run: on the data.
        store: the data.
        facts: what else is known of them.
    """
    known = {"digest": store.digest, "simulated": store.simulated, **facts}
    tags = {"pi.data_digest": store.digest}
    if store.manifest.pseudonyms:
        tags |= {PSEUDONYMS: store.manifest.pseudonyms}
    if simulated := simulated_doses(store.volumes):
        known |= {SIMULATED_DOSES: simulated}
        tags |= {f"pi.{SIMULATED_DOSES}": ", ".join(simulated)}
    if fold := store.manifest.fold:
        known |= {"fold": fold.number, "folds": fold.of}
        tags |= {FOLD: str(fold.number), FOLDS: str(fold.of)}
        tags |= {NAME: f"{run.tag(NAME)} · {fold}"}
    run.dataset("simulated" if store.simulated else "patients", store.digest, known)
    run.tags(tags)
    return known

"""A tracking store with as many runs as asked for, written in seconds, for benchmarks and tests.

Nothing is trained: losses, curves and slice tables are drawn from a seeded generator, and logged as
the entry points log theirs. The pixels that the Slices page reads are a disc with noise, of which
all volumes share one file. Calibrations, a comparison and a study are there, too.
"""

import contextlib
import hashlib
import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.storages import RDBStorage

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from benchmarks.search_overhead import BALANCES, OBJECTIVE, SPACE, Formula
from entrypoints import compare
from pi.denoisers import PUBLISHED, DenoiserSpec
from pi.evaluation.metrics import ranked_metrics
from pi.evaluation.protocol import PROTOCOLS
from pi.evaluation.table import DENOISED, IDENTITY, KEY, LOW_DOSE, metrics_of
from pi.influence.psi import weight_for_psi
from pi.jobs.searched.trial import tracked_trial
from pi.losses.experiments import NAMED, Experiment
from pi.parameters import CompareParameters
from pi.places import store_folder
from pi.readers.names import Dose
from pi.search.answer import answer
from pi.search.pruning import HalvingOfPairs
from pi.search.record import RUN
from pi.search.sampler import SeededByTrial
from pi.search.storage import open_storage, storage_url
from pi.search.study import enqueue, open_study, run_trials
from pi.slices.manifest import DOSES, Manifest, Volume, to_json
from pi.slices.store import MANIFEST, Store, volume_file
from pi.tracking.address import tracking_uri
from pi.tracking.kept_denoiser import log_weights
from pi.tracking.logged_search import log_study
from pi.tracking.loss_facts import loss_params
from pi.tracking.records import DENOISER
from pi.tracking.run import Run
from pi.tracking.tracker import Tracked
from pi.training.repeated import Bench

DATA = "filled"
"""Name of the data set that is made in PI_CACHE."""

RECONSTRUCTIONS = [(1.0, "B30"), (1.0, "D45"), (3.0, "B30"), (3.0, "D45")]
EXPERIMENTS = ("demo1", "demo2", "demo3", "demo4")
PATCHES, EPOCHS, TRIALS, TARGET = 1288, 10, 12, 0.95
DENOISERS = 4
"""Trainings, the newest, that hold weights; those of 200 would fill a disk."""


@dataclass(frozen=True)
class Size:
    """How large a store is.

    Attributes:
        runs: trainings, each with its evaluation.
        patients: that are tested.
        slices: of each of a patient's four volumes.
        pixels: of a slice's side.
        denoiser: which network has been trained.
    """

    runs: int
    patients: int
    slices: int
    pixels: int
    denoiser: str


LARGE = Size(runs=200, patients=9, slices=105, pixels=512, denoiser=str(PUBLISHED))
"""200 runs of 3,780 slices, as many and as large as the paper's."""


def fill(size: Size) -> None:
    """Fill the tracking store in force, and the cache in force with the data evaluated."""
    store = _make_data(size)
    rng = np.random.default_rng(5)
    for number in range(max(1, size.runs // 20)):
        _calibrate(number, store, rng)
    names = [EXPERIMENTS[number % len(EXPERIMENTS)] for number in range(size.runs)]
    keys = _keys(store)
    evaluated = [
        _train_and_evaluate(number, name, size, store, keys, rng)
        for number, name in enumerate(names)
    ]
    _search()
    if size.runs > 1:
        newest = evaluated[-len(EXPERIMENTS) :]
        with contextlib.redirect_stdout(io.StringIO()):
            compare.main(CompareParameters(runs=",".join(newest), reference=newest[0]))


def _make_data(size: Size) -> Store:
    """Return a store of test patients; its volumes are links to one file a dose."""
    folder = store_folder(DATA)
    (folder / "volumes").mkdir(parents=True)
    rng = np.random.default_rng(3)
    normal = np.stack([_disc(size.pixels, rng) for _ in range(size.slices)])
    noise = rng.normal(0, 40, normal.shape).astype(np.int16)
    pixels: dict[Dose, NDArray[np.int16]] = {"low": normal + noise, "normal": normal}
    sums = {dose: tuple(zlib.crc32(one.tobytes()) for one in pixels[dose]) for dose in DOSES}
    volumes = []
    for patient in range(size.patients):
        for thickness, kernel in RECONSTRUCTIONS:
            number = len(volumes)
            for dose in DOSES:
                if number == 0:
                    np.save(volume_file(folder, 0, dose), pixels[dose])
                else:
                    os.link(volume_file(folder, 0, dose), volume_file(folder, number, dose))
            positions = tuple(float(index * thickness) for index in range(size.slices))
            content = hashlib.sha256(f"{patient} {kernel} {sums}".encode()).hexdigest()
            volumes.append(
                Volume(f"S{patient + 1:03}", thickness, kernel, "test", positions, size.pixels,
                       size.pixels, 350 / size.pixels, sums, content, sheared=False,
                       simulated=False, padded=0, clipped=0)
            )  # fmt: skip
    (folder / MANIFEST).write_text(to_json(Manifest(tuple(volumes), {}, "custom")))
    return Store.open(folder)


def _disc(side: int, rng: np.random.Generator) -> NDArray[np.int16]:
    """Return air, a body and a few organs in it, (side, side) HU."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    hu = np.where(x**2 / 0.2 + y**2 / 0.12 < 1, 20, -1000)
    for _ in range(12):
        row, column, radius = rng.uniform([-0.25, -0.25, 0.02], [0.25, 0.25, 0.08])
        hu[(x - column) ** 2 + (y - row) ** 2 < radius**2] = rng.integers(-60, 180)
    return hu.astype(np.int16)


def _keys(store: Store) -> pd.DataFrame:
    keys = [volume.key(k) for volume in store.volumes for k in range(len(volume.positions))]
    return pd.DataFrame([asdict(key) for key in keys])[KEY]


def _calibrate(number: int, store: Store, rng: np.random.Generator) -> None:
    with Tracked().open("calibrate", f"calibrate {number}") as run:
        for name in reversed(EXPERIMENTS):
            with run.child(f"{name} · identity", "calibration") as child:
                _log_calibration(child, NAMED[name], store, rng)


def _log_calibration(
    run: Run, experiment: Experiment, store: Store, rng: np.random.Generator
) -> None:
    scale = 10.0 ** EXPERIMENTS.index(experiment.name)
    table = pd.DataFrame(
        [("S001", *RECONSTRUCTIONS[k % 4], 0.0, 0.0, 0, k) for k in range(PATCHES)],
        columns=[*KEY, "row", "column"],
    )
    sharp = np.where(table["kernel"] == "D45", 3.0, 1.0)
    table["image_loss"] = sharp * rng.lognormal(-9, 0.4, PATCHES)
    for layer in experiment.encoder.layers:
        table[f"perceptual_loss/{layer}"] = rng.lognormal(0, 0.6, PATCHES) / scale
    image, perceptual = (table.filter(like=of).to_numpy().sum(axis=1).mean()
                         for of in ("image_loss", "perceptual_loss"))  # fmt: skip
    weight = float(weight_for_psi(image, perceptual, TARGET))
    run.params({"experiment": experiment.name, **loss_params(experiment),
                "state": "identity", "target_psi": TARGET, "estimator": "ratio_of_sums",
                "lambda": f"{weight:.6g}"})  # fmt: skip
    run.tags({"pi.data_digest": store.digest})
    run.metrics({"lambda": weight, "lambda_low": 0.98 * weight, "lambda_high": 1.02 * weight,
                 "image_loss": image, "perceptual_loss": perceptual,
                 "patches_in_training_set": 2 * PATCHES})  # fmt: skip
    run.parquet(table, "patches.parquet")


def _train_and_evaluate(
    number: int,
    experiment: str,
    size: Size,
    store: Store,
    keys: pd.DataFrame,
    rng: np.random.Generator,
) -> str:
    """Log a training and its evaluation; return the run of the evaluation."""
    said = {"experiment": experiment, "schedule": "fixed", "target_psi": TARGET, "lambda": 1e-3}
    own = {"data": DATA, "split": "auto", "seed": number, "denoiser": size.denoiser}
    with Tracked().open("train", f"train {experiment}") as run:
        trained = run.run_id
        run.params({**said, **own, **loss_params(NAMED[experiment])})
        run.tags({"pi.data_digest": store.digest})
        run.series(_curves(rng))
        if number >= size.runs - DENOISERS:
            spec = DenoiserSpec.parse(size.denoiser)
            log_weights(run, spec.build(seed=number), spec, DENOISER)
    with Tracked().open("evaluate", f"evaluate {experiment}") as run:
        run.params({**said, **own, "part": "test", "run": trained, "denoiser": ""})
        run.tags({"pi.data_digest": store.digest, "pi.evaluated_run": trained})
        run.tags_of(trained, {"pi.evaluated_by.test": run.run_id})
        run.json({"data": {"digest": store.digest, "simulated": False, "part": "test"}},
                 "config.json")  # fmt: skip
        slices = _slices(keys, rng)
        run.tags({"pi.protocols": ",".join(slices["protocol"].unique())})
        run.metrics(_means(slices))
        run.parquet(slices, "slices.parquet")
        return run.run_id


def _curves(rng: np.random.Generator) -> dict[str, list[tuple[int, float]]]:
    """Return what an epoch leaves of a training, by metric."""
    epochs = np.arange(1, EPOCHS + 1)
    image = 1e-4 * np.exp(-epochs / 5) * rng.lognormal(0, 0.05, EPOCHS)
    psi = TARGET - 0.004 * epochs * rng.uniform(0, 1)
    series = {
        "train/image_loss": image, "train/total_loss": image / (1 - psi), "train/psi": psi,
        "validation/psi": psi - 0.002, "gradient/psi_parameters": psi - 0.1,
        "gradient/psi_output": psi - 0.05, "lambda": np.full(EPOCHS, 1e-3),
        "validation/ssim": 0.9 - np.exp(-epochs) + rng.normal(0, 0.002, EPOCHS),
    }  # fmt: skip
    return {key: list(zip(epochs.tolist(), own.tolist(), strict=True))
            for key, own in series.items()}  # fmt: skip


def _slices(keys: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return a slice table of two protocols: anatomy is every run's, the gain is its own."""
    anatomy = np.random.default_rng(1).normal(0.85, 0.02, len(keys))
    ssims = {LOW_DOSE: anatomy, DENOISED: anatomy + rng.normal(0.03, 0.01)
             + rng.normal(0, 0.005, len(keys))}  # fmt: skip
    table = pd.concat([_rows(keys, protocol, image, ssim) for protocol in list(PROTOCOLS)[:2]
                       for image, ssim in ssims.items()])  # fmt: skip
    return table[[*IDENTITY, *metrics_of(table)]]


def _means(slices: pd.DataFrame) -> dict[str, float]:
    """Return means, deviations and means of doing nothing, as `pi.evaluation.scores` names them."""
    found = {"slices": float(len(slices.drop_duplicates(KEY))),
             "patients": float(slices["patient"].nunique())}  # fmt: skip
    for protocol, of in slices.groupby("protocol"):
        for metric in ranked_metrics():
            values = of.set_index("image")[metric]
            name = f"{protocol}/{metric}"
            found[name] = values[DENOISED].mean()
            found[f"{name}_sd"] = values[DENOISED].std(ddof=0)
            found[f"{name}_low_dose"] = values[LOW_DOSE].mean()
    return found


def _rows(keys: pd.DataFrame, protocol: str, image: str, ssim: NDArray[np.float64]) -> pd.DataFrame:
    error = 100 * (1 - ssim)
    return keys.assign(protocol=protocol, image=image, ssim=ssim, psnr=40 * ssim, nrmse=1 - ssim,
                       rmse_clipped_hu=error, rmse_hu=error, mae_hu=error / 2,
                       bias_hu=0.0)  # fmt: skip


def _search() -> None:
    """Log a study of which every training is a formula."""
    uri = tracking_uri()
    storage = open_storage(storage_url(uri), uri)
    with Tracked().open("search", f"search on {DATA}") as run:
        study = open_study(storage, DATA, {}, OBJECTIVE.directions, SeededByTrial(5),
                           HalvingOfPairs(3, 0.01))  # fmt: skip
        study.set_user_attr(RUN, run.run_id)
        run.tags({"optuna.study": DATA})
        sought = {"objective": OBJECTIVE.kind, **asdict(OBJECTIVE), "target_psi": OBJECTIVE.target}
        run.params({**sought, "trials": TRIALS})
        bench = cast(Bench, Formula())
        enqueue(study, SPACE.first_trials(_used(), BALANCES, OBJECTIVE.target))
        evaluate = tracked_trial(run, DATA, bench, SPACE, BALANCES, OBJECTIVE)
        run_trials(study, evaluate, TRIALS)
        log_study(run, study, answer(study, OBJECTIVE, BALANCES), {})
    storage.remove_session()
    cast(RDBStorage, storage).engine.dispose()


def _used() -> Sequence[Experiment]:
    return [NAMED[name] for name in BALANCES]

"""No password is printed or logged, by any command, whatever characters it has."""

import logging
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy
from ct_files import write_stack
from search.postgres import own_postgres

import pi.network  # noqa: F401  first, because TensorFlow starts quietly there
from pi.command_line import run
from pi.console.commands import command_names
from pi.parameters import ENTRY_POINTS
from pi.tracking.records import newest_run

ROOT = Path(__file__).parents[2]
MARK = "qxjzvk"  # in every piece of it, and in no picture by chance
PASSWORD = f"{MARK}1#{MARK}2/{MARK}3@{MARK}4:{MARK}5%{MARK}6"
ADDRESSES = [
    f"{scheme}://me:{password}@127.0.0.1:1/place"
    for scheme in ("postgresql", "postgresql+psycopg", "http")
    for password in (PASSWORD, PASSWORD.replace("@", "%40"), quote(PASSWORD, safe=""))
]
TINY = ["--data", "simulated:tiny"]
ARGUMENTS = {
    "calibrate": TINY,
    "compare": ["--runs", "a,b"],
    "evaluate": [*TINY, "--run", "a"],
    "main": TINY,
    "pretrain": TINY,
    "promote": ["--run", "a"],
    "report": ["--runs", "a"],
    "screen": TINY,
    "search": TINY,
    "sync": [],
    "tidy": [],
    "train": [*TINY, "--experiment", "mse", "--perceptual_weight", "0"],
}
"""Of the commands that know the tracking store."""


def ended(command: str) -> int:
    module = import_module(f"entrypoints.{command}")
    recall = getattr(module, "recall", None)
    return run(module.main, ENTRY_POINTS[command], "", ARGUMENTS[command], recall)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_command_says_a_password_of_a_store_that_does_not_answer(
    tiny_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    address: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    monkeypatch.setenv("OPTUNA_STORAGE", address.replace("place", "studies"))
    caplog.set_level(logging.DEBUG)
    # Two of them each time: what differs from command to command is before the store is asked.
    several = list(ARGUMENTS) if address == ADDRESSES[0] else ["search", "report"]
    assert {command: ended(command) for command in several} == dict.fromkeys(several, 2)
    said = capfd.readouterr()
    assert MARK not in said.out + said.err + caplog.text
    assert said.err.count("\n") == len(several)  # a sentence each, no traceback


# Of commands in one process the libraries' own connections to PostgreSQL stay open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow  # every command once: some minutes
def test_nothing_that_succeeds_prints_or_logs_a_password(
    tiny_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.INFO)
    write_stack(tmp_path / "scan", patient="Nobody")
    own = "vgg16:random:block1_conv1"
    few = [*TINY, "--patch_size", "32", "--patch_step", "64"]
    brief = [*few, "--denoiser", "unet:2", "--precision", "float32"]
    shrunk = (
        "train.denoiser=unet:2,train.patch_size=32,train.patch_step=64,train.batch_size=112,"
        "train.epochs=1,train.gradient_every=0,train.validation_slices=1,train.precision=float32,"
        "train.validation_patches=16,calibrate.tolerance=0.5,evaluate.protocols=paper8"
    )
    asked: dict[str, Callable[[], list[str]]] = {
        "simulate": lambda: ["--size", "tiny"],
        "prepare": lambda: ["--source", str(tiny_cache / "simulated" / "tiny-seed5"),
                            "--name", "mine"],
        "presets": list,
        "screen": lambda: [*few, "--patches", "6", "--experiments", own],
        "calibrate": lambda: [*few, "--denoiser", "unet:2", "--experiments", own, "--states",
                              "identity", "--tolerance", "0.5"],
        "train": lambda: [*brief, "--experiment", "mse", "--epochs", "1", "--batch_size", "112",
                          "--validation_slices", "1", "--gradient_every", "0"],
        "evaluate": lambda: ["--data", "simulated:tiny", "--run", newest_run("train")[0],
                             "--protocols", "paper8"],
        "promote": lambda: ["--run", newest_run("train")[0], "--even_if_worse", "True"],
        "search": lambda: [*few, "--denoiser", "unet:2", "--experiments", own, "--objective",
                           "psi_target", "--measured", "identity", "--trials", "3"],
        "main": lambda: [*TINY, "--experiments", f"{own},mse", "--overrides", shrunk],
        "compare": list,
        "pretrain": lambda: [*TINY, "--patch_size", "32", "--steps", "3", "--batch_size", "4",
                             "--held_out", "16", "--precision", "float32", "--name", "heads",
                             "--architecture", "autoencoder"],
        "export": lambda: TINY,
        "denoise": lambda: ["--run", "identity"],
        "report": list,
        "sync": list,
        "tidy": list,
    }  # fmt: skip
    assert set(asked) == set(command_names())
    for name, place in (("DATA", "scan"), ("DENOISED", "denoised"), ("EXPORT", "exported")):
        monkeypatch.setenv(f"PI_{name}", str(tmp_path / place))
    with own_postgres() as address:
        secret = address.replace("pi@", f"pi:{quote(PASSWORD, safe='')}@")
        engine = sqlalchemy.create_engine(secret, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("CREATE DATABASE studies"))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", secret)
        monkeypatch.setenv("OPTUNA_STORAGE", secret.replace("/postgres", "/studies"))
        heard: list[str] = []
        for command, words in asked.items():
            module = import_module(f"entrypoints.{command}")
            code = run(module.main, ENTRY_POINTS[command], "", words())
            heard.extend(capfd.readouterr())
            assert code == 0, (command, heard[-1])
        with engine.connect() as connection:
            tables = sqlalchemy.inspect(engine).get_table_names()
            rows = [str(connection.execute(sqlalchemy.text(f'SELECT * FROM "{table}"')).all())
                    for table in tables]  # fmt: skip
        engine.dispose()
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) > 3
    assert MARK not in "".join(heard) + caplog.text + "".join(rows)
    assert not any(f"{MARK}1".encode() in content for content in files)


def test_every_command_that_knows_the_store_is_tried() -> None:
    # `denoise` asks it for a denoiser as `evaluate` does.
    without = {"simulate", "prepare", "presets", "export", "denoise"}
    assert set(ARGUMENTS) == set(command_names()) - without


@pytest.mark.parametrize("target", ["ui", "dashboard"])
def test_make_passes_no_address_as_an_argument(target: str) -> None:
    made = subprocess.run(
        ["make", "--dry-run", "--assume-old=.venv/.ready", target],
        cwd=ROOT, capture_output=True, text=True, check=True,
        env={"PATH": "/usr/bin:/bin", "MLFLOW_TRACKING_URI": f"postgresql://me:{MARK}@host/db"},
    )  # fmt: skip
    assert "backend-store-uri" not in made.stdout
    assert MARK not in made.stdout

"""A file of parameters, and how much a command says."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from entrypoints import say
from pi.command_line import parameter, run
from pi.loudness import LOUDNESS
from pi.shared_flags import ConfigError, split_off, words_of


@dataclass(frozen=True)
class Asked:
    epochs: int = parameter(10, "passes")
    rate: str = parameter("1e-3", "of Adam")
    experiments: str = parameter("demo", "which")
    flag: bool = parameter(False, "a flag")


def asked(*words: str) -> tuple[int, list[Asked]]:
    """The exit code of a command, and what it was asked."""
    found: list[Asked] = []
    return run(found.append, Asked, "", words), found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "run.yaml"


def test_a_file_is_read_as_it_is_written_and_what_is_typed_wins(file: Path) -> None:
    file.write_text("# mine\nepochs: 3\nrate: 1e-5\nexperiments: [E1, mse]\nflag: True\n")
    assert asked("--config", str(file)) == (0, [Asked(3, "1e-5", "E1,mse", True)])
    assert asked(f"--config={file}", "--epochs", "4") == (0, [Asked(4, "1e-5", "E1,mse", True)])
    typed = asked("--experiment", "E2", "--config", str(file))  # the other spelling wins as well
    assert typed == (0, [Asked(3, "1e-5", "E2", True)])
    file.write_text("experiment: E4\n")
    assert asked("--config", str(file)) == (0, [Asked(experiments="E4")])
    file.write_text("")
    assert asked("--config", str(file)) == (0, [Asked()])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("epochz: 3\n", "line 1 of `config` must name a parameter of this command but has 'epochz' "
         "(did you mean epochs?); `--help` lists them."),
        ("epochs: 3\n\trate: 1\n",
         "`config` must be indented by spaces but line 2 begins with a tab."),
        ("epochs: 3\nepochs: 4\n",
         "`epochs` must stand in `config` once but does again in line 2."),
        ("epochs: {a: 1}\n", "line 1 of `config` must give a parameter a value or a list of values "
         "but gives it more than that."),
        ("- epochs\n", "`config` must hold lines such as `epochs: 3` but holds something else."),
        ("epochs: [1\n", "`config` must be YAML such as `epochs: 3` but is none in line 2."),
        ("epochs: few\n", "`epochs` must be a whole number but got 'few'."),
        ("rate: /ward 7/scan\n", "`rate` must be no path, which the tracking store would keep: "
         "PI_DATA, PI_SPLIT and PI_WEIGHTS name files and folders, and data=folder, split=own and "
         "medical_weights=own mean them."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_one_sentence(
    file: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    file.write_text(text)
    assert asked("--config", str(file)) == (2, [])
    assert capsys.readouterr().err == f"error: {sentence}\n"


def test_a_file_that_cannot_be_read_is_not_named(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"^`config` must name a UTF-8 file that can be read"):
        words_of(file, ["epochs"])
    file.write_bytes(b"epochs: \xff\n")
    with pytest.raises(ConfigError, match=r"^`config` must name a UTF-8 file that can be read"):
        words_of(file, ["epochs"])


def test_mlflow_run_is_told_of_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "r1")
    with pytest.raises(ConfigError, match="`config` must be given to `python -m` alone"):
        split_off(["--config", "run.yaml"])


@pytest.mark.parametrize("words", [["--config"], ["--config="], ["--config", "a", "--config", "b"]])
def test_one_file_must_be_named(words: list[str]) -> None:
    with pytest.raises(ConfigError, match="must name one file"):
        split_off(words)


def test_a_command_is_quiet_or_verbose_while_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    def main(parameters: Asked) -> None:
        say(f"{LOUDNESS.get()}: working")

    assert run(main, Asked, "", ["--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert run(main, Asked, "", []) == 0
    assert capsys.readouterr().out == "usual: working\n"
    assert run(main, Asked, "", ["--epochs", "3", "--verbose"]) == 0
    clock, _, said = capsys.readouterr().out.partition("  ")
    assert said == "verbose: working\n"
    assert time.strptime(clock, "%H:%M:%S")
    assert LOUDNESS.get() == "usual"
    assert run(main, Asked, "", ["--quiet", "--verbose"]) == 2
    assert "`quiet` must be given without `verbose`" in capsys.readouterr().err

import pkgutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import pytest
from array_files import facts_of, volume

from pi.readers import formats
from pi.readers.reading import READERS, read_facts, read_hounsfield
from pi.readers.refusal import Refusal, RefusedError


def test_every_module_of_a_format_is_a_reader() -> None:
    modules = list(pkgutil.iter_modules(formats.__path__))
    assert len(READERS) == 1 + len(modules)
    assert {reader.name for reader in READERS} == {"DICOM", "NumPy", "NIfTI", "MATLAB", "HDF5"}


def test_no_library_of_a_format_is_loaded_before_a_file_of_it() -> None:
    check = (
        "import sys, pi.readers.scan\n"
        "print(sorted({'nibabel', 'h5py', 'scipy'} & sys.modules.keys()))"
    )
    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_memory_that_is_not_there_refuses_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "a.npy", volume())
    facts, *_ = facts_of(tmp_path / "a.npy")
    facts = replace(facts, unit="hu")

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "memmap", fail)
    found = read_facts(tmp_path, PurePath("a.npy"))
    assert isinstance(found, Refusal)
    assert "memory" in found.detail
    with pytest.raises(RefusedError, match="unreadable"):
        read_hounsfield(tmp_path, facts)

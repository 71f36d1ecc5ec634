"""Rows of somebody's table as slices of a store: whose, of which volume, and where."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from pi.evaluation.table import DENOISED, LOW_DOSE, RECONSTRUCTION
from pi.identity import short_kernel
from pi.slices.store import Store
from pi.subjects.matching import first_number, last_number
from pi.subjects.references import Address
from pi.subjects.who import Patients

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Placed:
    """Where the rows of a table belong.

    Attributes:
        addresses: of each row its volume and index; None of a row that is no slice of the data.
        ambiguous: rows that could be of several reconstructions of their patient.
    """

    addresses: list[Address | None]
    ambiguous: int


def place_rows(store: Store, table: pd.DataFrame) -> Placed:
    """Return which slice of ``store`` each row is of.

    A row tells its patient, and its slice by ``position`` in mm, by the whole key as our tables
    spell it, or by its number in the volume, from 0 or from 1.

    Args:
        store: the data.
        table: with our names, see `pi.subjects.table_columns`.
    """
    patients = Patients(store)
    volumes: defaultdict[str, list[int]] = defaultdict(list)
    by_key: dict[str, Address] = {}
    for number, volume in enumerate(store.volumes):
        volumes[volume.patient].append(number)
        by_key |= {str(volume.key(i)): (number, i) for i in range(len(volume.positions))}
    found: list[Address | None] = []
    numbered: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    ambiguous = 0
    for at, row in enumerate(table.to_dict("records")):
        named = patients.named([_text(row["patient"])])
        keyed = by_key.get(str(row.get("slice")))
        if keyed is not None:  # whatever they call its patient, but not another of the data
            other = named - {store.volumes[keyed[0]].patient}
            found.append(None if other else keyed)
            continue
        found.append(None)
        those = [n for one in named for n in volumes[one] if _agrees(store, n, row)]
        if "position" in row:
            places = [(n, i) for n in those for i in _at(store, n, row["position"])]
            ambiguous += len(places) > 1
            found[-1] = places[0] if len(places) == 1 else None
        elif len(those) > 1:
            ambiguous += 1
        elif those and (told := last_number(_text(row["slice"]))) is not None:
            numbered[those[0]].append((told, at))
    for volume_number, some in numbered.items():
        count = len(store.volumes[volume_number].positions)
        first = first_number([number for number, _ in some], count)
        for number, at in some:
            inside = 0 <= number - first < count
            found[at] = (volume_number, number - first) if inside else None
    return Placed(found, ambiguous)


def slice_rows_of(
    store: Store, table: pd.DataFrame, addresses: Sequence[Address], metrics: Sequence[str]
) -> pd.DataFrame:
    """Return rows of a slice table: key, facts, protocol, image and metrics of each row."""
    rows = []
    for address, row in zip(addresses, table.to_dict("records"), strict=True):
        volume = store.volumes[address[0]]
        rows.append(
            asdict(volume.key(address[1]))
            | volume.told(address[1])
            | {"protocol": row["protocol"], "image": row.get("image", DENOISED)}
            | {metric: row[metric] for metric in metrics}
        )
    return pd.DataFrame(rows)


def is_an_image(image: object) -> bool:
    """Tell whether a table may call an image so."""
    return image in (LOW_DOSE, DENOISED)


def _agrees(store: Store, number: int, row: Row) -> bool:
    """Tell whether a row contradicts nothing of a volume's reconstruction."""
    volume = store.volumes[number]
    for name in RECONSTRUCTION:
        told, own = row.get(name), getattr(volume, name)
        if name in row and name == "kernel" and short_kernel(_text(told)) != short_kernel(own):
            return False
        if name in row and name != "kernel" and told != own:
            return False
    return True


def _at(store: Store, number: int, position: object) -> list[int]:
    volume = store.volumes[number]
    if not isinstance(position, int | float):
        return []
    wanted = round(float(position), 2) + 0.0
    return [i for i in range(len(volume.positions)) if volume.key(i).position == wanted]


def _text(value: object) -> str:
    """Return a cell as it was written: a number that pandas read as 3.0 is 3."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)

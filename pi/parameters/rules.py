"""The rules that values of parameters must fulfil, and the words for each."""

import re
from typing import get_args

from pi.choices import ObjectiveName
from pi.command_line import Rule
from pi.denoisers import NAMES, WRITTEN, is_written
from pi.evaluation.metrics import valuing_metrics
from pi.identity import is_dose
from pi.protocol_names import NAMES as NAMED_PROTOCOLS
from pi.protocol_names import WRITTEN as WRITTEN_PROTOCOL
from pi.protocol_names import WRITTEN_LIST, are_protocols, protocol_name
from pi.readers.units import GRAMMAR, is_grammatical

NOT_EMPTY = Rule("not empty", lambda text: bool(text.strip()))

A_WEIGHT_FILE = Rule(
    "own, or own:NAME, of which PI_WEIGHTS names the file or its folder, or models:/NAME@ALIAS",
    lambda text: not text or re.fullmatch(r"own(:.+)?|models:/.+", text) is not None,
)

A_DOSE = Rule("all, unknown, or a fraction in (0, 1) such as 0.25 or 25%", is_dose)

A_METRIC = Rule(
    f"one of {', '.join(valuing_metrics())}",
    lambda text: text in valuing_metrics(),
    tuple(valuing_metrics()),
)
OBJECTIVES = (*get_args(ObjectiveName), *valuing_metrics())
AN_OBJECTIVE = Rule(f"one of {', '.join(OBJECTIVES)}", lambda text: text in OBJECTIVES, OBJECTIVES)
A_PROTOCOL = Rule(WRITTEN_PROTOCOL, lambda text: protocol_name(text) is not None, NAMED_PROTOCOLS)
PROTOCOLS_LISTED = Rule(WRITTEN_LIST, are_protocols)
A_DENOISER = Rule(WRITTEN, is_written, NAMES)
VALUES = Rule(GRAMMAR, is_grammatical)  # what was typed may be a path

BELOW_ONE = Rule("in [0, 1)", lambda value: 0 <= value < 1)

# MLflow takes / for the version's separator, and we @ and : for those of a context.
A_REGISTERED = Rule(
    "letters, digits, - _ . alone", lambda text: re.fullmatch(r"[\w.-]+", text) is not None
)

# An encoder halves an image four times, and so does the U-Net.
MULTIPLE_OF_16 = Rule("a multiple of 16, at least 16", lambda size: size > 0 and size % 16 == 0)

_WORKERS = re.compile(r"|\d{1,3}|(?:tcp|tls)://[\w.\[\]:-]+:\d+")
WORKERS = Rule(
    "a number of processes, or the address of Dask's scheduler, tcp://HOST:PORT or tls://HOST:PORT",
    lambda text: _WORKERS.fullmatch(text) is not None,
)

COMPUTING = ("calibrate", "train", "evaluate")
"""Entry points of `main` that compute with networks; what needs no entry point is of all three."""

RESOURCE = re.compile(rf"(?:({'|'.join(COMPUTING)})\.)?([A-Za-z]\w*)=(\d+(?:\.\d+)?)")

RESOURCES = Rule(
    "NAME=NUMBER such as GPU=1, or train.NAME=NUMBER, separated by commas",
    lambda text: not text or all(RESOURCE.fullmatch(word) for word in text.split(",")),
)

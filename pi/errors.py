"""The one base of every error that a user can mend, and what of a user's text it may repeat."""

import difflib
import errno
import re
from collections.abc import Iterable
from typing import ClassVar

# What has a slash or a dot and is no path: a model of MLflow's registry or of a run, a scheduler's
# address, an option of a loss, and in a filter of MLflow's a metric's name between backticks.
_OURS = re.compile(
    r"\bmodels:/(?=\w)|\bruns:/\w+(?:/[\w-][\w.-]*)+|^(?:tcp|tls)://(?=[\w.\[\]:-]+$)|"
    r"/(?:input|tap|norm|match|reduction|layers|pixel)=|`[A-Za-z_][\w ./-]*`"
)
_FILE_NAME = re.compile(
    r"\.(json|h5|hdf5|keras|safetensors|np[yz]|pth?|pkl|dcm|ima|nii|gz|mat|zip|csv|html|db|png|jpe?g|tiff?)$",
    re.IGNORECASE,
)

_BEGINNING = 3  # characters that are enough to be a beginning
_ALIKE = 0.65  # of difflib's ratio: a letter or two wrong in a short word


class PiError(ValueError):
    """A user's mistake, told in one sentence that names the value and the rule.

    Entry points print the sentence without a traceback and end with a non-zero exit code;
    any other exception is a defect of ours and keeps its traceback. The sentence never holds
    a path, a name, a UID or a date of a patient: what a user typed goes into it by `quoted`.

    Attributes:
        final: whether going on with the same work would end the same way.
    """

    final: ClassVar[bool] = False


GO_ON = "go on with: "
"""Beginning of the note of an error that tells which command goes on with what it ended."""

AGAIN = "the same command again"
"""What stands for it where nothing but the command itself tells it."""


def goes_on(error: BaseException) -> str:
    """Return the command that goes on after an error, as its outermost job says, or nothing."""
    notes = getattr(error, "__notes__", [])
    told = [note.removeprefix(GO_ON) for note in notes if note.startswith(GO_ON)]
    return told[-1] if told else ""


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO)
_NO_TEMPORARY = "No usable temporary directory"


def of_disk(error: BaseException) -> str:
    """Return the sentence of a disk that takes nothing more, which is no defect; else nothing."""
    if not isinstance(error, OSError):
        return ""
    if _NO_TEMPORARY in str(error):
        return (
            "one of the folders for temporary files, such as TMPDIR, must have room but none has."
        )
    if error.errno not in _FULL:
        return ""
    return (
        "the disks of PI_CACHE, of the folder for temporary files and of what is written must take "
        f"more but one does not: {error.strerror}."
    )


def reason(error: BaseException) -> str:
    """Return why work ended, as it may be kept: of a defect of ours only its kind."""
    if isinstance(error, PiError):
        return str(error)
    if told := of_disk(error):
        return told
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted by Ctrl-C or SIGTERM."
    return f"{type(error).__name__}, a defect: the terminal has the traceback."


def is_path(text: str) -> bool:
    """Tell whether a user's text has a path in it."""
    return bool(set(_OURS.sub("", text)) & set("/\\"))


def quoted(text: str, known: Iterable[str] = ()) -> str:
    """Return a user's text as a sentence may repeat it: of a path or a file's name nothing.

    Args:
        text: what was typed.
        known: what it might have been; what is nearest of it is asked about.
    """
    if is_path(text):
        return "a path, which is not repeated here"
    if _FILE_NAME.search(text):
        return "a file's name, which is not repeated here"
    meant = nearest(text, known)
    return f"{text!r} (did you mean {meant}?)" if meant else repr(text)


def nearest(text: str, known: Iterable[str]) -> str:
    """Return what of ``known`` a user's text is a misspelling or the beginning of, or nothing.

    Capitals do not count; of what is equally near the first is taken.
    """
    names = {name.lower(): name for name in reversed([*known])}
    asked = text.strip().lower()
    begun = [name for name in names if len(asked) >= _BEGINNING and name.startswith(asked)]
    near = begun if len(begun) == 1 else difflib.get_close_matches(asked, names, 1, _ALIKE)
    return names[near[0]] if near and names[near[0]] != text else ""

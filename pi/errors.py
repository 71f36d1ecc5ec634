"""The one base of every error that a user can mend."""


class PiError(ValueError):
    """A user's mistake, told in one sentence that names the value and the rule.

    Entry points print the sentence without a traceback and end with a non-zero exit code;
    any other exception is a defect of ours and keeps its traceback. The sentence never holds
    a path, a name, a UID or a date of a patient.
    """

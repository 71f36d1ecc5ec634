"""Tables as LaTeX (booktabs), with everything escaped that LaTeX would take for its own."""

import re

from pi.report.blocks import TextTable
from pi.report.text import MINUS

ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "λ": r"$\lambda$", "Ψ": r"$\Psi$", "−": "$-$", "–": "--", "±": r"$\pm$",
}  # fmt: skip
POWER = re.compile(r"10\^(-\d+(?:\.\d+)?)")


def escape(text: str) -> str:
    r"""Return ``text`` as LaTeX prints it; ``10^-617.5`` and ``-3`` become mathematics."""
    parts = POWER.split(text)
    parts[0::2] = [_plain(part) for part in parts[0::2]]
    parts[1::2] = [f"$10^{{{power}}}$" for power in parts[1::2]]
    return "".join(parts)


def latex(table: TextTable, label: str = "") -> str:
    r"""Return a ``table`` environment; its document needs ``\usepackage{booktabs}``.

    Args:
        table: as it is printed.
        label: for ``\ref``; the table's name unless told.
    """
    lines = [" & ".join(map(escape, cells)) + r" \\" for cells in (table.columns, *table.rows)]
    return "\n".join(
        [
            r"% \usepackage[utf8]{inputenc} \usepackage[T1]{fontenc} \usepackage{booktabs}",
            r"\begin{table}[htbp]",
            r"\centering\small",
            rf"\caption{{{escape(table.caption)}}}",
            rf"\label{{tab:{label or table.name}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.columns) - 1)}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _plain(text: str) -> str:
    marked = MINUS.sub("−", text)
    return "".join(ESCAPES.get(letter, letter) for letter in marked)

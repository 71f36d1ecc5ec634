"""LaTeX: what is escaped, and that it compiles."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pi.report.blocks import TextTable
from pi.report.latex import escape, latex

HOSTILE = TextTable(
    "table4a",
    "Table 4a",
    r"50 % of a_b & c# {x} \input{secret} $y$ ~ ^ \"",
    ("Run", "λ", "Ψ at λ = 0.1"),
    (("vgg16:natural_offline", "-0.5 [-1, +2]", "10^-617.5"), (r"a\b|<c>", "1e-05", "–")),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("block3_conv2 & 95 %", r"block3\_conv2 \& 95 \%"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("-0.5 to -1", "$-$0.5 to $-$1"),
        ("1e-05 demo-1", "1e-05 demo-1"),
        ("p = 10^-617.5.", "p = $10^{-617.5}$."),
        ("Ψ(λ)", r"$\Psi$($\lambda$)"),
    ],
)
def test_what_latex_would_take_for_its_own_is_escaped(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_every_row_has_as_many_cells_as_the_table_has_columns() -> None:
    lines = latex(HOSTILE).splitlines()
    assert r"\begin{tabular}{lrr}" in lines
    rows = [line for line in lines if line.endswith(r"\\")]
    assert len(rows) == 3
    assert all(len(re.findall(r"(?<!\\)&", row)) == 2 for row in rows)
    assert r"\label{tab:table4a}" in lines


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs LaTeX with booktabs")
def test_it_compiles(tmp_path: Path) -> None:
    head = r"\documentclass{article}\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}"
    body = f"{head}\\usepackage{{booktabs}}\\begin{{document}}{latex(HOSTILE)}\\end{{document}}"
    (tmp_path / "a.tex").write_text(body)
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]

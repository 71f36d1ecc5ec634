"""Make a store of paired slices in Hounsfield units from a folder of CT scanner files.

The folder may be arranged in any way: what a file is, its header and the names around it tell.
The store lies below the folder named by PI_CACHE; who its patients are, and which file was
refused, is said in its folder `private` and nowhere else.
"""

import sys
from pathlib import Path

from entrypoints.parameters import PrepareParameters
from pi.command_line import run


def main(parameters: PrepareParameters) -> None:
    """Make the store, print what became of every file, and complain if that was asked for."""
    from pi.mapping_template import write_template
    from pi.places import account_folder, data_folder, secret, store_folder, template_file
    from pi.slices.low_dose import find_simulated_doses
    from pi.slices.prepare import prepare
    from pi.slices.report import require_nothing_refused

    source = Path(parameters.source).expanduser() if parameters.source else data_folder()
    if parameters.mapping_template:
        print(write_template(source, template_file(), by_noise=not parameters.strict))
        return
    prepared = prepare(
        source,
        store_folder(parameters.name),
        split=parameters.split,
        seed=parameters.seed,
        secret=secret(),
        values=parameters.values,
        low_doses=find_simulated_doses(parameters.low_dose),
        by_noise=not parameters.strict,
        account=account_folder(parameters.name),
    )
    print(prepared.report.text())
    print(f"store `{parameters.name}` is ready: use it with data={parameters.name}")
    if parameters.strict:
        require_nothing_refused(prepared.report)


if __name__ == "__main__":
    sys.exit(run(main, PrepareParameters, __doc__ or ""))

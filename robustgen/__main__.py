"""``python -m robustgen`` is the command ``robustgen``."""

import sys

from robustgen._interrupts import interrupts_between_imports


def run() -> None:
    """Run the command, and end in one line where it is interrupted, while it is imported too."""
    try:
        with interrupts_between_imports():
            from robustgen.cli import main

            main(prog_name="robustgen")
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)


if __name__ == "__main__":
    run()

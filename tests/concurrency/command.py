"""A command of the program, in a process of its own."""

from fsm import cli


def main(*arguments: str) -> None:
    """``fsm`` with these arguments; ends with SystemExit."""
    cli.main(list(arguments), prog_name="fsm")

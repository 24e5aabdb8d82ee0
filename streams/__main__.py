"""`turnlog` and `python -m streams`: the command line."""

from streams.cli.turnlog import turnlog


def main() -> None:
    """Run the command that was typed, and end the process with its exit code."""
    turnlog(prog_name="turnlog")


if __name__ == "__main__":
    main()

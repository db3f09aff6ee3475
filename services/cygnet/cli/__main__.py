"""`python -m cygnet.cli`, where the `cygnet` command is not on PATH."""

from cygnet.cli.main import main

if __name__ == "__main__":
    main(prog_name="cygnet")

"""The command line where the script `branchmark` is not on the path: `python -m orchestration.cli`."""

from orchestration.cli.app import main

if __name__ == "__main__":
    main()

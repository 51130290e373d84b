"""Run the command line: `vanne`, or `python -I -m vanne`.

Without `-I`, Python looks for a package `vanne` in the current folder before it runs this file.
"""

from vanne.python import leave_out_data

leave_out_data()

from vanne.cli import main  # noqa: E402  after the current folder is off the path

if __name__ == "__main__":  # the forks of a server import the module that it was started by
    main()

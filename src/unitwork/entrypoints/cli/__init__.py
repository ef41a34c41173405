"""The command line: operations, migrations, seeds, checks, a first draft."""

"""The `callbox` command, a file for each subcommand."""

from emulator.cli.parser import Commands, add_command


def add_diff(commands: Commands) -> None:
    add_command(commands, "diff", lambda a: 0, "x")

"""python -m ace_core VERB ...

Exit codes: 0 done, 1 an error in what was given (one sentence on stderr), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from ace_core.commands import commands
from ace_core.errors import AceError


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ace_core",
        description="Generative retrieval of pictures, sounds and clips, beside a dual tower.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for command in commands():
        verb = verbs.add_parser(
            command.NAME,
            help=command.HELP,
            description=command.HELP[:1].upper() + command.HELP[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(verb)
        verb.add_argument("--json", action="store_true", help="print the result as JSON")
        verb.set_defaults(run=command.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    args = build_parser().parse_args(arguments)
    try:
        return args.run(args)
    except AceError as error:
        print(f"{args.verb}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{args.verb}: interrupted; start the same command again to go on.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())

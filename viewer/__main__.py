"""`python -m viewer SCENARIO|RUN|RECORDING` opens the window; --keys prints its keys, --picture saves a picture."""

import sys


def main() -> None:
    """Do what the arguments say; all else than --keys and --picture is the command `sandbox watch`."""
    if "--keys" in sys.argv[1:]:
        from viewer.keys import markdown

        print(markdown(), end="")
    elif "--picture" in sys.argv[1:]:
        from viewer.portrait import portray

        portray(sys.argv[1:])
    else:
        from sandbox.cli import main as sandbox

        sys.argv[1:1] = ["watch"]
        sandbox()


if __name__ == "__main__":
    main()

"""Write every golden file anew: to be run, and its result read, when what we write is meant to change."""

from tests.golden.files import FOLDER, rendered


def main() -> None:
    for name, content in rendered():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()

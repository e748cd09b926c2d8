"""`python -m deploy.dependencies`: whether all that is installed for us is pinned, once, from the registry.

What is known against a version, only a service on the Internet can tell: `make audit` asks it.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
TOGETHER = ("requirements.txt", "requirements-salesforce.txt", "requirements-tracing.txt", "requirements-dev.txt")
APART = ("requirements-bench.txt", "requirements-fuzz.txt", "requirements-mutation.txt")
"""Each is installed in an environment of its own, where other versions may be."""
FILES = TOGETHER + APART
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>[A-Za-z0-9.!+_-]+)")
CLASSIFIER = "License :: "


def pins(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The name and the version of every line.

    :raises ValueError: naming the first line that pins nothing: a range, an address, an option.
    """
    for line in lines:
        text = line.partition("#")[0].strip()
        if not text or text.startswith("-r "):
            continue
        pin = PIN.fullmatch(text)
        if pin is None:
            raise ValueError(f"{text!r} pins no version of the registry: write name==version")
        yield canonicalize_name(pin["name"]), pin["version"]


def faults_of(files: Mapping[str, Sequence[str]], installed: Mapping[str, Distribution]) -> Iterator[str]:
    """What is wrong with the pins, and with what is installed of them or needed by them."""
    pinned: dict[str, str] = {}
    for file, lines in files.items():
        try:
            here = list(pins(lines))
        except ValueError as error:
            yield f"{file}: {error}"
            continue
        names = [name for name, _ in here]
        yield from (f"{file}: {name} stands twice" for name in sorted({n for n in names if names.count(n) > 1}))
        if file not in APART:
            for name, version in here:
                if pinned.setdefault(name, version) != version:
                    yield f"{file}: {name}=={version} is {pinned[name]} elsewhere"
    for name, version in pinned.items():
        distribution = installed.get(name)
        if distribution is None or Version(distribution.version) != Version(version):
            yield f"{name}=={version} is pinned and not what is installed: run `make setup-dev`"
        else:
            yield from (
                f"{needed}, which {name} needs, is pinned nowhere" for needed in _needs(distribution) - {*pinned}
            )


def _needs(distribution: Distribution) -> set[str]:
    needed = (Requirement(text) for text in distribution.requires or ())
    return {
        canonicalize_name(each.name) for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})
    }


def licence_of(distribution: Distribution) -> str:
    """As its author declares it; empty where that is nowhere."""
    told = distribution.metadata
    classified = [text for text in told.get_all("Classifier") or () if text.startswith(CLASSIFIER)]
    named = classified[0].rpartition(" :: ")[2] if classified else ""
    expression, text = ((told.get_all(field) or [""])[0] for field in ("License-Expression", "License"))
    return (expression or named or text.partition("\n")[0]).strip()


def table() -> str:
    """What the services run on, with versions and licences, in Markdown."""
    found = installed()
    lines = ["| Package | Version | Licence |", "| --- | --- | --- |"]
    for name, version in sorted(pins((ROOT / FILES[0]).read_text().splitlines())):
        licence = licence_of(found[name]) if name in found else ""
        lines.append(f"| {name} | {version} | {licence or 'see its files'} |")
    return "\n".join(lines) + "\n"


def installed() -> dict[str, Distribution]:
    return {canonicalize_name(each.name): each for each in distributions()}


def main() -> None:
    files = {name: (ROOT / name).read_text().splitlines() for name in FILES}
    faults = list(faults_of(files, installed()))
    for fault in faults:
        print(fault, file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

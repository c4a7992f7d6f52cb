"""Nowhere in the package is there what runs text as code, guesses at random or signs weakly."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.architecture.project import PROJECT, shown

SOURCES = sorted((PROJECT / "gateway").rglob("*.py"))
# Emulators play the bank's part: they never guard anything of ours.
OURS = [path for path in SOURCES if "sandbox" not in path.parts]
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
RUNS_PROGRAMS_BY_TEXT = {"system", "popen", "create_subprocess_shell", "getoutput"}
READS_OBJECTS = {"pickle", "marshal", "shelve", "dill", "yaml", "jsonpickle", "imp"}
GUESSABLE = {"random"}
WEAK = {"md5", "sha1", "md4", "RSA", "DES", "ARC4", "ECB", "DSA"}
DIGEST = re.compile(r"sha[0-9]|blake", re.IGNORECASE)
HASHES = {"sha256", "SHA256"}
LIBRARIES = {"hashlib", "hmac", "secrets", "ssl", "cryptography", "argon2", "joserfc"}
OTHER_LIBRARIES = {"Crypto", "nacl", "rsa", "jwt", "jose", "passlib", "bcrypt", "itsdangerous"}
# `CREATE ROLE` takes no parameters; what is put in are names of ours and a password of hex digits.
MAKES_ROLES = {PROJECT / "gateway" / "store" / "postgres.py"}
FETCHES = {"fetch", "fetchrow", "fetchval", "execute", "executemany", "prepare"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def called(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call with the last part of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            what = node.func
            yield what.attr if isinstance(what, ast.Attribute) else getattr(what, "id", ""), node


def imported(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module.partition(".")[0])
    return found


def names(tree: ast.Module) -> set[str]:
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def runs_text(tree: ast.Module) -> set[str]:
    calls = list(called(tree))
    bare = {name for name, call in calls if isinstance(call.func, ast.Name)} & RUNS_TEXT
    by_shell = {
        ast.unparse(word)
        for _, call in calls
        for word in call.keywords
        if word.arg == "shell" and ast.unparse(word.value) != "False"
    }
    by_text = {name for name, _ in calls} & RUNS_PROGRAMS_BY_TEXT
    return bare | by_shell | by_text | (imported(tree) & READS_OBJECTS)


def weak_cryptography(tree: ast.Module) -> set[str]:
    others = imported(tree) & OTHER_LIBRARIES
    if not imported(tree) & LIBRARIES:
        return others
    digests = {name for name in names(tree) if DIGEST.match(name)}
    return others | (names(tree) & WEAK) | (digests - HASHES)


def put_together(tree: ast.Module) -> set[str]:
    return {
        ast.unparse(call)
        for name, call in called(tree)
        if name in FETCHES and call.args and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    }


def found_in(paths: list[Path], look: Callable[[ast.Module], set[str]]) -> dict[str, set[str]]:
    """Return what was found, by file."""
    return {shown(path): found for path in paths if (found := look(tree_of(path)))}


def test_what_runs_text_as_code_is_called_nowhere() -> None:
    assert found_in(SOURCES, runs_text) == {}


def test_what_must_not_be_guessed_is_of_the_systems_generator() -> None:
    assert found_in(OURS, lambda tree: imported(tree) & GUESSABLE) == {}


def test_cryptography_is_of_the_known_libraries_and_strong() -> None:
    assert found_in(OURS, weak_cryptography) == {}


def test_no_statement_is_put_together_from_text() -> None:
    assert found_in([path for path in OURS if path not in MAKES_ROLES], put_together) == {}


def test_each_would_be_found() -> None:
    """Else these tests would hold whatever the code is."""
    bad = ast.parse(
        "import hashlib, pickle, random\neval(x)\nhashlib.sha1(x)\nrun(x, shell=True)\n"
        "db.fetch(f'SELECT {x}')\n"
    )

    assert runs_text(bad) == {"eval", "shell=True", "pickle"}
    assert imported(bad) & GUESSABLE == {"random"}
    assert weak_cryptography(bad) == {"sha1"}
    assert put_together(bad) == {"db.fetch(f'SELECT {x}')"}

"""Ed25519 keys to sign with and to check signatures by (RFC 8032)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from twin.errors import EvidenceError, InputError, MissingExtra
from twin.files.paths import AtomicFile, open_to_read

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

VARIABLE = "TWIN_SIGNING_KEY"
"""Environment variable that may hold the private key, as PEM."""
_MOST_BYTES = 10_000


def keygen(path: str | Path) -> Path:
    """A new pair of keys: the private one, which its owner alone can read, and beside it the public one.

    Args:
        path: Where to write the private key, by custom ending in .pem; an existing file is never replaced.

    Returns:
        Where the public key is: the same name, ending in .pub.pem.

    Raises:
        InputError: If a file is there, or the folder cannot be written to.
        MissingExtra: If the package cryptography is not installed.
    """
    _need()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    path = Path(path)
    public = path.with_name(f"{path.name.removesuffix('.pem')}.pub.pem")
    for there in (path, public):
        if there.exists():
            raise InputError(f"{there}: the file exists; a key is never replaced, choose another name")
    if not path.absolute().parent.is_dir():
        raise InputError(f"{path}: the folder does not exist; make it first")
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(f"{path}: the file exists; a key is never replaced, choose another name") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); check the folder") from None
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    with AtomicFile(public, overwrite=False) as out:
        out.stream.write(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def private_key(path: str | Path | None = None) -> Ed25519PrivateKey | None:
    """The key to sign with: from a file, or else from the environment variable TWIN_SIGNING_KEY.

    Args:
        path: A PEM file, or None.

    Returns:
        The key, or None where neither is there.

    Raises:
        InputError: If the file is missing, or is no unencrypted Ed25519 private key.
        MissingExtra: If the package cryptography is not installed.
    """
    told = os.environ.get(VARIABLE)
    if path is None and not told:
        return None
    _need()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path) if path is not None else str(told).encode()
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        where = VARIABLE if path is None else str(path)
        raise InputError(
            f"{where}: holds no Ed25519 private key without a password; make one with twin keygen"
        )
    return key


def public_key(path: str | Path) -> Ed25519PublicKey:
    """The key to check a signature by.

    Args:
        path: A PEM file.

    Raises:
        InputError: If the file is missing, or is no Ed25519 public key.
        MissingExtra: If the package cryptography is not installed.
    """
    _need()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{path}: holds no Ed25519 public key; give the .pub.pem file of twin keygen")
    return key


def sign(key: Ed25519PrivateKey, content: bytes) -> str:
    """A signature, 128 hexadecimal digits.

    Args:
        key: The private key.
        content: What is signed.
    """
    return key.sign(content).hex()


def check(key: Ed25519PublicKey, signature: str, content: bytes) -> None:
    """Whether a signature was made over this content with the private half of the key.

    Args:
        key: The public key.
        signature: The signature, in base64.
        content: What is signed.

    Raises:
        EvidenceError: If it was not.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        raise EvidenceError(
            "evidence: the signature does not fit: the evidence was changed, or was signed with another key"
        ) from None


def _read(path: str | Path) -> bytes:
    with open_to_read(Path(path)) as file:
        return file.read(_MOST_BYTES)


def _need() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise MissingExtra("cryptography", "sign", "a signature") from None

"""Ed25519 keys in PEM files, and signatures by them (RFC 8032, RFC 8410).

A private key's file is PKCS #8, readable by its owner alone; a public key's is SubjectPublicKeyInfo.
Both are what `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write.
"""

from __future__ import annotations

import hashlib
import os
import pathlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tf_ipr.card.payload import KEY_ID_BYTES

PUBLIC_SUFFIX = ".pub.pem"


class KeyFileError(ValueError):
    """A key file that is missing, of another kind, or in the way."""


class SignatureError(ValueError):
    """A card that is not signed by a key that is trusted, or was altered."""


def make(path: str | os.PathLike[str]) -> tuple[Ed25519PrivateKey, pathlib.Path]:
    """Makes a key and writes its two files, neither of which may exist.

    Args:
      path: of the private key; the public one gets the suffix .pub.pem instead of .pem.

    Returns:
      The private key, and the path of the public one.

    Raises:
      KeyFileError: one of the files exists, or cannot be written.
    """
    path = pathlib.Path(path)
    public_path = path.with_name(path.name.removesuffix(".pem") + PUBLIC_SUFFIX)
    if public_path.exists():
        raise _in_the_way(public_path)
    private = Ed25519PrivateKey.generate()
    _write_new(
        path,
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        0o600,
    )
    try:
        _write_new(
            public_path,
            private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
            0o644,
        )
    except BaseException:
        path.unlink()  # Nobody has used it: half a pair would only be in the way.
        raise
    return private, public_path


def read_private(path: str | os.PathLike[str]) -> Ed25519PrivateKey:
    """Reads a private key; raises KeyFileError unless the file holds an Ed25519 one without password."""
    content = _read(path)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except TypeError as error:
        raise KeyFileError(
            f"{path} is encrypted with a password; decrypt it first: openssl pkey -in {path}"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"{path} is no private key in PEM (PKCS #8). Make one with --new_key, or with "
            "openssl genpkey -algorithm ed25519."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _other_kind(path)
    return key


def read_public(path: str | os.PathLike[str]) -> Ed25519PublicKey:
    """Reads a public key; raises KeyFileError unless the file holds an Ed25519 one."""
    content = _read(path)
    if b"PRIVATE KEY" in content:
        raise KeyFileError(
            f"{path} is a private key; give the public one, *{PUBLIC_SUFFIX}, and keep this "
            "one where cards are made."
        )
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(
            f"{path} is no public key in PEM. Where the private one is: openssl pkey -pubout -in KEY.pem"
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _other_kind(path)
    return key


def key_id(key: Ed25519PublicKey) -> bytes:
    """The first 4 bytes of the SHA-256 of the key's 32 bytes: a name to choose by, not a proof."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).digest()[:KEY_ID_BYTES]


def verify(signed: bytes, signature: bytes, wanted: bytes, trusted: list[Ed25519PublicKey]) -> None:
    """Raises SignatureError unless one of the trusted keys of that id signed the bytes.

    Args:
      signed: all bytes of the card before the signature.
      signature: 64 bytes.
      wanted: the key id that the card names.
      trusted: public keys.
    """
    held = [key for key in trusted if key_id(key) == wanted]
    if not held:
        raise SignatureError(
            f"The card names the key {wanted.hex()}; you trust "
            f"{', '.join(key_id(key).hex() for key in trusted)}. It was made by somebody else, "
            "or its key is missing here."
        )
    for key in held:
        try:
            key.verify(signature, signed)
            return
        except InvalidSignature:
            pass
    raise SignatureError(
        f"The signature of the card is not that of the key {wanted.hex()}: the card was forged "
        "or altered."
    )


def _read(path) -> bytes:
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be read: {error.strerror}.") from error


def _write_new(path: pathlib.Path, content: bytes, mode: int) -> None:
    """Writes a file that nobody else could have opened before its mode was set."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError as error:
        raise _in_the_way(path) from error
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink()
        raise


def _in_the_way(path) -> KeyFileError:
    return KeyFileError(
        f"{path} exists; keys are never overwritten. Use it with --key, or choose another name."
    )


def _other_kind(path) -> KeyFileError:
    return KeyFileError(f"{path} holds a key of another kind; cards are signed with Ed25519.")

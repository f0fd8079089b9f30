"""Key files and signatures."""

from __future__ import annotations

import os
import stat

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tf_ipr.card import keys
from tf_ipr.card.keys import KeyFileError, SignatureError


def pem(private, encryption=None) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


def public_pem(private) -> bytes:
    return private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def test_a_new_pair_is_read_again_and_its_private_half_is_the_owners_alone(tmp_path):
    private, public_path = keys.make(tmp_path / "sub/issuer.pem")
    assert public_path == tmp_path / "sub/issuer.pub.pem"
    assert stat.S_IMODE(os.stat(tmp_path / "sub/issuer.pem").st_mode) == 0o600
    assert pem(keys.read_private(tmp_path / "sub/issuer.pem")) == pem(private)
    assert keys.key_id(keys.read_public(public_path)) == keys.key_id(private.public_key())


@pytest.mark.parametrize("existing", ["issuer.pem", "issuer.pub.pem"])
def test_nothing_is_overwritten_and_no_half_pair_is_left(tmp_path, existing):
    (tmp_path / existing).write_text("mine")
    with pytest.raises(KeyFileError, match=f"{existing} exists; keys are never overwritten"):
        keys.make(tmp_path / "issuer.pem")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {existing: "mine"}


def test_ids_and_signatures_are_those_of_the_standard():
    # RFC 8032, 7.1, test 1: an empty message.
    private = Ed25519PrivateKey.from_private_bytes(
        bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    )
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    wanted = keys.key_id(private.public_key())
    assert wanted.hex() == "21fe31df"
    keys.verify(b"", signature, wanted, [private.public_key()])


def test_a_card_of_another_key_an_altered_one_and_a_forged_name_are_refused(key, other_key):
    signature, trusted = key.sign(b"card"), [key.public_key()]
    mine, theirs = keys.key_id(key.public_key()), keys.key_id(other_key.public_key())
    keys.verify(b"card", signature, mine, [other_key.public_key(), *trusted])
    with pytest.raises(SignatureError, match="forged or altered"):
        keys.verify(b"Card", signature, mine, trusted)
    with pytest.raises(SignatureError, match=f"names the key {theirs.hex()}; you trust {mine.hex()}"):
        keys.verify(b"card", other_key.sign(b"card"), theirs, trusted)
    with pytest.raises(SignatureError, match="forged or altered"):
        keys.verify(b"card", other_key.sign(b"card"), mine, trusted)


def test_files_of_other_kinds_are_refused_with_what_to_do(tmp_path, key):
    def written(content: bytes):
        path = tmp_path / "key"
        path.write_bytes(content)
        return path

    elliptic = ec.generate_private_key(ec.SECP256R1())
    locked = pem(key, serialization.BestAvailableEncryption(b"secret"))
    for content, message in (
        (b"", "no private key"),
        (b"-----BEGIN", "no private key"),
        (public_pem(key), "no private key"),
        (locked, "encrypted with a password"),
        (pem(elliptic), "key of another kind"),
    ):
        with pytest.raises(KeyFileError, match=message):
            keys.read_private(written(content))
    for content, message in (
        (b"", "no public key"),
        (pem(key), "is a private key; give the public one"),
        (public_pem(elliptic), "key of another kind"),
    ):
        with pytest.raises(KeyFileError, match=message):
            keys.read_public(written(content))
    with pytest.raises(KeyFileError, match="cannot be read"):
        keys.read_public(tmp_path / "absent")

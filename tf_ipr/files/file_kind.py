"""What a file is, by its first bytes: never by its name.

Two questions are asked here: may this existing file be replaced by what is about to be written, and
is this file a picture that a run must not leave out?
"""

from __future__ import annotations

import pathlib

HEAD_BYTES = 4096

STREAM, PNG, TFLITE, JSON, TEXT = "tf_ipr stream", "PNG", "TFLite", "JSON", "text"

# (offset, signature, kind); the first that fits counts.
_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n", PNG),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyphev", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypmsf1", "HEIC"),
    (4, b"ftypcrx", "camera raw"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"FUJIFILMCCD-RAW", "camera raw"),
    (0, b"8BPS", "Photoshop"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"\x76\x2f\x31\x01", "OpenEXR"),
    (0, b"#?RADIANCE", "Radiance HDR"),
    (0, b"qoif", "QOI"),
    (0, b"DDS ", "DirectDraw surface"),
    (0, b"\0\0\1\0", "icon"),
    (0, b"%PDF", "PDF"),
    (0, b"PK\3\4", "ZIP"),
    (4, b"TFL3", TFLITE),
)
_PICTURES = {
    PNG: ".png .apng",
    "JPEG": ".jpg .jpeg .jpe .jfif .jif .pjp .pjpeg .mpo",
    "GIF": ".gif",
    "WebP": ".webp",
    "AVIF": ".avif .avifs",
    "HEIC": ".heic .heif .hif",
    "JPEG XL": ".jxl",
    "JPEG 2000": ".jp2 .j2k .jpf .jpx .j2c .jpc",
    "TIFF": ".tif .tiff",
    "BMP": ".bmp .dib",
    "PNM": ".pgm .ppm .pbm .pnm .pfm",
    "Photoshop": ".psd .psb",
    "PostScript": ".eps .ps",
    "OpenEXR": ".exr",
    "Radiance HDR": ".hdr",
    "QOI": ".qoi",
    "DirectDraw surface": ".dds",
    "icon": ".ico .cur .icns",
    "camera raw": ".dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .raf .orf .rw2 .pef .srw .raw .3fr .x3f",
    "another format of pictures": ".tga .pcx .sgi .rgb .bw .xbm .xpm .jps .ras .pict .pct .bpg",
}
_OTHERS = {
    STREAM: ".ipr",
    TFLITE: ".tflite",
    JSON: ".json",
    "PDF": ".pdf",
    "ZIP": ".zip .npz",
    "XML": ".svg .xml",
    "HTML": ".html .htm",
    TEXT: ".txt .csv .md .cfg",
}
_SUFFIXES = {
    suffix: kind
    for kinds in (_PICTURES, _OTHERS)
    for kind, suffixes in kinds.items()
    for suffix in suffixes.split()
}


def of_bytes(head: bytes) -> str | None:
    """The kind of a file, from its first `HEAD_BYTES` (or fewer, if it is shorter); None: unknown."""
    for offset, signature, kind in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return kind
    if head[:1] == b"\xfb" and len(head) >= 7 and head[1] >> 4 == 1 and 2 <= head[6] <= 200:
        return STREAM
    if head[:2] == b"BM" and len(head) >= 18 and head[6:10] == b"\0\0\0\0":
        return "BMP"
    if head[:1] == b"P" and head[1:2] in b"1234567Ff" and head[2:3].isspace():
        return "PNM"
    return _of_text(head)


def _of_text(head: bytes) -> str | None:
    try:
        # The last character may be cut.
        text = head[:HEAD_BYTES].decode("utf-8", "strict" if len(head) < HEAD_BYTES else "ignore")
    except UnicodeDecodeError:
        return None
    if not text or any(character < " " and character not in "\t\n\r\f" for character in text):
        return None
    start = text.lstrip("\ufeff \t\r\n").lower()
    if start[:1] in ("{", "["):
        return JSON
    if start.startswith(("<!doctype html", "<html")):
        return "HTML"
    return "XML" if start.startswith(("<?xml", "<svg")) else TEXT


def of_file(path) -> str | None:
    """The kind of a regular file; "" of an empty one. Raises OSError where it cannot be read."""
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    return of_bytes(head) if head else ""


def of_suffix(name) -> str | None:
    """The kind that a file's name promises, in capitals too; None if it promises none."""
    return _SUFFIXES.get(pathlib.PurePath(name).suffix.lower())


def is_picture(kind: str | None) -> bool:
    """Whether a kind is one of pictures, readable or not."""
    return kind in _PICTURES

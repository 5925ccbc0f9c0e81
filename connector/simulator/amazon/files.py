"""Small valid files in the formats of invoices and labels."""

import struct
import zlib

CONTENT_TYPES = {
    "ZPL": "x.application/zpl",
    "PDF": "application/pdf",
    "PNG": "image/png",
    "PLAIN_TEXT": "text/plain",
}


def render(file_format: str, text: str) -> bytes:
    """`text` is one line of ASCII without brackets; it can be found in the bytes of every format."""
    match file_format:
        case "ZPL":
            return f"^XA^FO50,50^A0N,30,30^FD{text}^FS^XZ".encode()
        case "PDF":
            return _pdf(text)
        case "PNG":
            return _png(text)
        case _:
            return text.encode()


def _pdf(text: str) -> bytes:
    """One page of 4 by 6 inches (PDF 1.4)."""
    drawing = f"BT /F1 12 Tf 20 400 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return out + b"xref\n0 6\n0000000000 65535 f \n" + table + end


def _png(text: str) -> bytes:
    """One white pixel, and the text as a tEXt chunk."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"tEXt", b"Comment\0" + text.encode()), (b"IDAT", zlib.compress(b"\0\xff"))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in [*chunks, (b"IEND", b"")]
    )

import base64
import hashlib
import struct
import zlib
from binascii import hexlify

MESSAGE = "Grüße aus Köln, 東京 und São Paulo".encode()


def rle(data):
    out = []
    for char in data:
        if out and out[-1][0] == char:
            out[-1][1] += 1
        else:
            out.append([char, 1])
    return "".join(f"{char}{count if count > 1 else ''}" for char, count in out)


def parity(value):
    return bin(value).count("1") % 2


print(len(MESSAGE), MESSAGE[:8], MESSAGE.decode()[3:10])
print(base64.b64encode(MESSAGE).decode())
print(hashlib.sha256(MESSAGE).hexdigest()[:32], hashlib.md5(b"hello").hexdigest())
packed = struct.pack(">IHb", 0xDEADBEEF, 513, -5)
print(hexlify(packed, " "), struct.unpack(">IHb", packed), struct.calcsize("<Qd"))
squeezed = zlib.compress(b"spam and eggs " * 100)
print(zlib.decompress(squeezed)[:13], zlib.crc32(MESSAGE), len(squeezed) < 100)
print(rle("wwwwaaadexxxxxx"), [parity(n) for n in range(8)])
print((1234).to_bytes(4, "little"), int.from_bytes(b"\x01\x00", "big"), f"{0b1011 ^ 0b0110:04b}", ~7 & 0xFF)

"""Prints the digest that StateDictDigestSpec expects, computed from the words of the specification alone (hashlib, struct)."""
import hashlib
import struct

entries = {  # name: (torch dtype, shape, struct format, values row-major)
    "fc.weight": ("float32", [2, 3], "f", [0.5, -1.25, 3.0, 1e-3, -0.0, 7.0]),
    "fc.bias": ("float64", [2], "d", [0.1, -2.5]),
    "bn.num_batches_tracked": ("int64", [], "q", [7]),
    "bn.weight": ("bfloat16", [2], "H", [0x3F80, 0xC000]),
    "Zeta": ("uint8", [4], "B", [0, 1, 254, 255]),
    "empty": ("float32", [0, 5], "f", []),
    "\u00e9tage.0": ("float32", [1], "f", [2.0]),
}

h = hashlib.sha256()
for name in sorted(entries):
    dtype, shape, code, values = entries[name]
    h.update(name.encode() + b"\0" + dtype.encode() + b"\0")
    h.update(b"".join(struct.pack("<q", axis) for axis in shape))
    h.update(struct.pack("<%d%s" % (len(values), code), *values))
print(h.hexdigest())

"""Prints the stored numbers of RandomStreamSpec and PermutationSpec, computed anew from the definitions."""
import hashlib

M32, M64 = (1 << 32) - 1, (1 << 64) - 1


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & M64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & M64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & M64
    return x ^ (x >> 31)


def philox(c, k):
    c, k = list(c), list(k)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & M32, (p0 >> 32) ^ c[3] ^ k[1], p0 & M32]
        k = [(k[0] + 0x9E3779B9) & M32, (k[1] + 0xBB67AE85) & M32]
    return c


def stream(seed, purpose, a, b, count):
    key = mix(seed ^ mix((a >> 32 << 32) | (b >> 32)))
    numbers, block = [], 0
    while len(numbers) < count:
        numbers += philox((block, a & M32, b & M32, purpose), (key & M32, key >> 32))
        block += 1
    return numbers[:count]


def permutation(seed, purpose, index, count):
    key = mix(mix(seed ^ (purpose << 56)) ^ index)
    half = (max(2, (max(1, count - 1)).bit_length()) + 1) // 2

    def encrypt(x):
        mask = (1 << half) - 1
        left, right = x >> half, x & mask
        for r in range(8):
            left, right = right, left ^ (mix(key ^ (r << 32 | right)) & mask)
        return left << half | right

    order = []
    for position in range(count):
        x = encrypt(position)
        while x >= count:
            x = encrypt(x)
        order.append(x)
    return order


assert philox((0, 0, 0, 0), (0, 0)) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
print("stream     ", stream(42, 3, 3, 1234, 6))
digest = hashlib.sha256(b"layer1.0.conv1.weight").digest()
print("named      ", stream(42, 5, int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little"), 2))
print("permutation", permutation(42, 1, 0, 10))

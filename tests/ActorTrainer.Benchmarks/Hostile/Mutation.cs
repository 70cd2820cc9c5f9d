using System.Text;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>What may go wrong with bytes, and texts that have broken programs before. Everything by the request's own stream, so that a number names a request.</summary>
internal static class Mutation
{
    /// <summary>Characters that end names, leave folders, mean something to shells, parsers and terminals, or are none.</summary>
    public static readonly string[] Words =
    [
        "", " ", ".", "..", "../../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c..%5c", "%00", "%ff%fe", "a%0d%0aSet-Cookie:x", "NaN", "Infinity", "-1", "0", "1e308", "1e999", "9223372036854775807",
        "9223372036854775808", "-9223372036854775808", "2147483648", "true", "null", "undefined", "'; DROP TABLE events; --", "<script>alert(1)</script>", "${jndi:ldap://x}", "${?PATH}", "{{7*7}}", "%s%s%n",
        "\u202Eabc", "\uFEFF", "\U0001F600", "\uFFFF", "aux", "CON", new('a', 300), new('9', 400), "dataset:x", "dataset:../x", "file:///etc/passwd", "http://127.0.0.1:1/", "@best", "x@y", "-", "--help", "*", "?", "#",
    ];

    public static T Of<T>(ref RandomStream random, params ReadOnlySpan<T> choices) => choices[random.NextInt32(choices.Length)];

    public static byte[] Noise(ref RandomStream random, int most)
    {
        byte[] bytes = new byte[random.NextInt32(most + 1)];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)random.NextUInt32();
        return bytes;
    }

    /// <summary>As it is now and then, else cut off, with bits turned, with parts cut out, repeated or replaced by noise.</summary>
    public static byte[] Damage(ref RandomStream random, byte[] good)
    {
        var bytes = new List<byte>(good);
        for (int times = random.NextInt32(4); times > 0 && bytes.Count > 0; times--)
        {
            int at = random.NextInt32(bytes.Count), length = Math.Min(bytes.Count - at, 1 + random.NextInt32(64));
            switch (random.NextInt32(6))
            {
                case 0: bytes.RemoveRange(at, bytes.Count - at); break;
                case 1: bytes[at] ^= (byte)(1 << random.NextInt32(8)); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 4: bytes.InsertRange(at, Noise(ref random, 64)); break;
                default: for (int i = at; i < at + length; i++) bytes[i] = Of<byte>(ref random, 0, 0xFF, 0x7F, 0x80, (byte)'"', (byte)'{'); break;
            }
        }

        return [.. bytes];
    }

    public static byte[] Damage(ref RandomStream random, string good) => Damage(ref random, Encoding.UTF8.GetBytes(good));

    /// <summary>Some of its places (<c>§</c>) are filled with words, the others with what belongs there.</summary>
    public static string Fill(ref RandomStream random, string pattern, params string[] proper)
    {
        string[] parts = pattern.Split('§');
        var text = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.Length; i++) text.Append(random.NextInt32(2) == 0 ? proper[(i - 1) % proper.Length] : Of<string>(ref random, Words)).Append(parts[i]);
        return text.ToString();
    }

    public static string Repeat(string text, int times) => new StringBuilder(text.Length * times).Insert(0, text, times).ToString();
}

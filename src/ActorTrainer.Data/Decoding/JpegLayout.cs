using System.Buffers.Binary;

namespace ActorTrainer.Data.Decoding;

/// <summary>
/// Whether parts of a JPEG can be decoded alone with the bits of the whole picture, by its header (ITU-T T.81, annex B): one scan that has all components,
/// Huffman coded and sequential, 8 bits, grey or one of the common subsamplings. All else, progressive files above all, has to be decoded as a whole.
/// </summary>
internal static class JpegLayout
{
    private const byte StartOfBaseline = 0xC0, StartOfExtended = 0xC1, StartOfImage = 0xD8, StartOfScan = 0xDA, Prefix = 0xFF;

    public static bool HasParts(ReadOnlySpan<byte> file)
    {
        if (file is not [Prefix, StartOfImage, ..]) return false;
        int components = 0;
        for (int at = 2; at + 4 <= file.Length;)
        {
            if (file[at] != Prefix) return false;
            byte marker = file[at + 1];
            if (marker == Prefix)
            {
                at++;       // fill bytes may precede a marker
                continue;
            }

            // Those without a length have no business here: where the codec goes on after one is not where this would.
            if (marker is 0x00 or 0x01 or >= 0xD0 and <= 0xD9) return false;
            int length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2 || at + 2 + length > file.Length) return false;
            var segment = file.Slice(at + 4, length - 2);
            switch (marker)
            {
                case StartOfBaseline or StartOfExtended:
                    if (components > 0 || !IsCommonFrame(segment)) return false;
                    components = segment[5];
                    break;
                case StartOfScan:
                    return components > 0 && segment is [var inScan, ..] && inScan == components;
                case >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC):
                    return false;       // progressive, lossless, hierarchical, arithmetic
            }

            at += 2 + length;
        }

        return false;
    }

    // Precision, height, width, number of components; then of each: identifier, sampling factors (horizontal in the high half), quantization table.
    private static bool IsCommonFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 6 || frame[0] != 8) return false;
        int components = frame[5];
        if (frame.Length != 6 + 3 * components) return false;
        return components switch
        {
            1 => frame[7] == 0x11,
            3 => frame[7] is 0x11 or 0x21 or 0x12 or 0x22 && frame[10] == 0x11 && frame[13] == 0x11,
            _ => false,
        };
    }
}

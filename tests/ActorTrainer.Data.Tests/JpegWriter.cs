using System.Buffers.Binary;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Data.Tests;

/// <summary>What a random JPEG is like. Sampling factors as in the file: horizontal in the high half, the first component's; the others have 1 x 1.</summary>
/// <param name="Restart">Blocks that are coded together (MCUs) between two restart markers; 0: none.</param>
/// <param name="Scans">One scan with all components, or one for each.</param>
/// <param name="Orientation">Of the EXIF tag, 1 to 8; 0: no tag.</param>
internal sealed record JpegKind(int Width, int Height, int Components, byte Sampling, int Restart = 0, bool Scans = false, int Orientation = 0);

/// <summary>
/// Baseline JPEGs of random coefficients, by ITU-T T.81. Noise in every block of every component shows any wrong neighbour; what an encoder makes of pictures is
/// too smooth for that, and no encoder at hand writes restart markers.
/// </summary>
internal sealed class JpegWriter
{
    private const int LargestDc = 100, MostAc = 8;
    private const byte Quantum = 6;

    private readonly List<byte> _bytes = [];
    private readonly JpegKind _kind;
    private RandomStream _random;
    private uint _held;
    private int _heldBits;

    private JpegWriter(JpegKind kind, ulong seed) => (_kind, _random) = (kind, new(seed, RandomPurpose.Test, 0, 0));

    public static byte[] Write(JpegKind kind, ulong seed) => new JpegWriter(kind, seed).Write();

    private byte[] Write()
    {
        _bytes.AddRange([0xFF, 0xD8]);
        if (_kind.Orientation > 0) Segment(0xE1, [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)_kind.Orientation, 0, 0, 0, 0, 0, 0, 0]);
        Segment(0xDB, [0, .. Enumerable.Repeat(Quantum, 64)]);
        Segment(0xC0, [8, .. Big(_kind.Height), .. Big(_kind.Width), (byte)_kind.Components, .. Enumerable.Range(0, _kind.Components).SelectMany(c => (byte[])[(byte)(c + 1), Factors(c), 0])]);
        // Codes of one length: 12 DC symbols of 4 bits, the AC symbols of 8 bits, each its own index.
        Segment(0xC4, [0x00, .. Counts(4, DcSymbols), .. Enumerable.Range(0, DcSymbols).Select(s => (byte)s)]);
        Segment(0xC4, [0x10, .. Counts(8, AcSymbols.Length), .. AcSymbols]);
        if (_kind.Restart > 0) Segment(0xDD, Big(_kind.Restart));
        if (_kind.Scans) for (int c = 0; c < _kind.Components; c++) Scan([c]);
        else Scan([.. Enumerable.Range(0, _kind.Components)]);
        _bytes.AddRange([0xFF, 0xD9]);
        return [.. _bytes];
    }

    private const int DcSymbols = 12;
    private static readonly byte[] AcSymbols = [0x00, 0xF0, .. Enumerable.Range(0, 16).SelectMany(run => Enumerable.Range(1, 10).Select(size => (byte)(run << 4 | size)))];

    private byte Factors(int component) => component == 0 ? _kind.Sampling : (byte)0x11;

    private void Scan(int[] components)
    {
        Segment(0xDA, [(byte)components.Length, .. components.SelectMany(c => (byte[])[(byte)(c + 1), 0]), 0, 63, 0]);
        int across = _kind.Sampling >> 4, down = _kind.Sampling & 15;
        int[] dc = new int[_kind.Components];
        bool alone = components.Length == 1;
        int columns = alone ? Blocks(_kind.Width, Factors(components[0]) >> 4, across) : Units(_kind.Width, 8 * across);
        int rows = alone ? Blocks(_kind.Height, Factors(components[0]) & 15, down) : Units(_kind.Height, 8 * down);
        for (int unit = 0; unit < columns * rows; unit++)
        {
            if (_kind.Restart > 0 && unit > 0 && unit % _kind.Restart == 0)
            {
                Flush();
                _bytes.AddRange([0xFF, (byte)(0xD0 + (unit / _kind.Restart - 1) % 8)]);
                Array.Clear(dc);
            }

            foreach (int c in components)
                for (int block = 0; block < (alone ? 1 : (Factors(c) >> 4) * (Factors(c) & 15)); block++) Block(ref dc[c]);
        }

        Flush();

        static int Units(int pixels, int size) => (pixels + size - 1) / size;

        static int Blocks(int pixels, int factor, int most) => Units(Units(pixels * factor, most), 8);
    }

    private void Block(ref int dc)
    {
        int wanted = _random.NextInt32(2 * LargestDc + 1) - LargestDc, difference = wanted - dc, size = SizeOf(difference);
        Bits((uint)size, 4);
        Value(difference, size);
        dc = wanted;
        int position = 1;
        for (int left = _random.NextInt32(MostAc); left > 0 && position < 64; left--)
        {
            int run = Math.Min(_random.NextInt32(9), 63 - position), value = (_random.NextInt32(15) + 1) * (_random.NextInt32(2) * 2 - 1);
            Bits((uint)Array.IndexOf(AcSymbols, (byte)(run << 4 | SizeOf(value))), 8);
            Value(value, SizeOf(value));
            position += run + 1;
        }

        if (position < 64) Bits(0, 8);
    }

    private static int SizeOf(int value) => 32 - int.LeadingZeroCount(Math.Abs(value));

    private void Value(int value, int size) => Bits((uint)(value >= 0 ? value : value + (1 << size) - 1), size);

    private void Bits(uint value, int count)
    {
        for (int i = count - 1; i >= 0; i--)
        {
            _held = _held << 1 | value >> i & 1;
            if (++_heldBits < 8) continue;
            _bytes.Add((byte)_held);
            if ((byte)_held == 0xFF) _bytes.Add(0);
            (_held, _heldBits) = (0, 0);
        }
    }

    private void Flush()
    {
        while (_heldBits > 0) Bits(1, 1);
    }

    private void Segment(byte marker, byte[] content) => _bytes.AddRange([0xFF, marker, .. Big(content.Length + 2), .. content]);

    private static byte[] Big(int value)
    {
        byte[] two = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(two, (ushort)value);
        return two;
    }

    private static byte[] Counts(int bits, int symbols) => [.. Enumerable.Range(1, 16).Select(length => length == bits ? (byte)symbols : (byte)0)];
}

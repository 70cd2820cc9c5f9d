using System.Buffers.Binary;
using System.Text;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Transport.Training;
using ActorTrainer.Transport.Training.TensorBoard;
using Microsoft.Extensions.Time.Testing;

namespace ActorTrainer.Transport.Tests.Training;

/// <summary>Read back with a reader of the test's own, by the published layout of records and messages.</summary>
public sealed class TensorBoardLogSpec : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_checksum_is_the_published_one() =>
        // CRC-32C of the digits 1 to 9 is e3069283 (RFC 3720's polynomial); masked as in tensorflow/core/lib/hash/crc32c.h.
        Assert.Equal(unchecked(((0xe3069283u >> 15) | (0xe3069283u << 17)) + 0xa282ead8u), EventFile.MaskedCrc("123456789"u8));

    [Fact]
    public void Steps_are_read_back_and_those_that_are_repeated_are_said_to_be_new()
    {
        using (var log = Steps())
        {
            Assert.Equal(0, log.CutBackTo(StepNumber.Zero).Value);
            for (int step = 1; step <= 3; step++) log.Append(Step(step));
        }

        using (var log = Steps())
        {
            Assert.Equal(2, log.CutBackTo(new(2)).Value);
            log.Append(Step(3));
        }

        string[] files = [.. Directory.GetFiles(_folder["tensorboard/train"]).Order(StringComparer.Ordinal)];
        Assert.Equal(2, files.Length);
        Assert.All(files, file => Assert.StartsWith("events.out.tfevents.1767323045.", Path.GetFileName(file), StringComparison.Ordinal));
        Assert.Equal(["version brain.Event:2", "restart 1", .. Enumerable.Range(1, 3).Select(Line)], Read(files[0]));
        Assert.Equal(["version brain.Event:2", "restart 3", Line(3)], Read(files[1]));
        Assert.Equal([1, 2, 3], StepLog.Read(_folder["metrics.jsonl"]).Select(step => step.Step.Value));

        static string Line(int step) => FormattableString.Invariant($"{step}: loss={1.0f / step} top1=0.5 learning_rate=0.01 images_per_s=100 epoch=1");
    }

    [Fact]
    public void Evaluations_bear_the_same_names()
    {
        using (var log = new TensorBoardEvaluations(new EvaluationLog(_folder["evaluations.jsonl"], _time), _folder["tensorboard/validation"], _time))
            log.Append(new(new(4), 0, 1, new(6, 0.25, 0.5, 1, [2, 1, 1, 2])));
        Assert.Contains("4: loss=0.25 top1=0.5 top5=1 epoch=1", Read(Assert.Single(Directory.GetFiles(_folder["tensorboard/validation"]))));
    }

    [Fact]
    public void Who_looks_on_sees_them_after_a_second()
    {
        using var log = Steps();
        log.Append(Step(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        log.Append(Step(2));
        Assert.Equal(4, Read(Assert.Single(Directory.GetFiles(_folder["tensorboard/train"]))).Count);
    }

    [Fact]
    public void Where_it_can_not_be_written_the_log_goes_on()
    {
        File.WriteAllText(_folder["tensorboard"], "a file where the folder should be");
        using (var log = Steps())
        {
            for (int step = 1; step <= 3; step++) log.Append(Step(step));
            log.Flush(durable: true);
        }

        Assert.Equal(3, StepLog.Read(_folder["metrics.jsonl"]).Count());
    }

    private TensorBoardSteps Steps() => new(new StepLog(_folder["metrics.jsonl"], _time), _folder["tensorboard/train"], _time);

    private static StepRecord Step(int step) => new(1, new(step), 1.0 / step, 0.01, 100, 0, 0.5);

    private static List<string> Read(string path)
    {
        var lines = new List<string>();
        byte[] bytes = File.ReadAllBytes(path);
        for (var rest = bytes.AsSpan(); !rest.IsEmpty;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(rest);
            Assert.Equal(EventFile.MaskedCrc(rest[..8]), BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]));
            byte[] content = rest.Slice(12, length).ToArray();
            Assert.Equal(EventFile.MaskedCrc(content), BinaryPrimitives.ReadUInt32LittleEndian(rest[(12 + length)..]));
            lines.Add(Event(content));
            rest = rest[(16 + length)..];
        }

        return lines;
    }

    private static string Event(byte[] content)
    {
        var fields = Fields(content);
        Assert.Equal(1767323045.0, BitConverter.UInt64BitsToDouble(fields.Single(field => field.Number == 1).Value), 5.0);
        if (fields.FirstOrDefault(field => field.Number == 3).Bytes is { } version) return $"version {Encoding.UTF8.GetString(version)}";
        ulong step = fields.Single(field => field.Number == 2).Value;
        if (fields.FirstOrDefault(field => field.Number == 7).Bytes is { } session)
        {
            Assert.Equal((1, 1ul), Fields(session).Select(field => (field.Number, field.Value)).Single());      // SessionLog.START
            return $"restart {step}";
        }

        var values = Fields(fields.Single(field => field.Number == 5).Bytes!).Select(value => Fields(value.Bytes!))
            .Select(value => FormattableString.Invariant($"{Encoding.UTF8.GetString(value[0].Bytes!)}={BitConverter.UInt32BitsToSingle((uint)value[1].Value)}"));
        return $"{step}: {string.Join(' ', values)}";
    }

    private static List<(int Number, ulong Value, byte[]? Bytes)> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new List<(int, ulong, byte[]?)>();
        while (!message.IsEmpty)
        {
            ulong key = Varint(ref message);
            switch (key & 7)
            {
                case 0: fields.Add(((int)(key >> 3), Varint(ref message), null)); break;
                case 1: fields.Add(((int)(key >> 3), BinaryPrimitives.ReadUInt64LittleEndian(message), null)); message = message[8..]; break;
                case 5: fields.Add(((int)(key >> 3), BinaryPrimitives.ReadUInt32LittleEndian(message), null)); message = message[4..]; break;
                case 2:
                    int length = (int)Varint(ref message);
                    fields.Add(((int)(key >> 3), 0, message[..length].ToArray()));
                    message = message[length..];
                    break;
                default: throw new InvalidDataException($"wire type {key & 7}");
            }
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte one = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80) return value;
        }
    }
}

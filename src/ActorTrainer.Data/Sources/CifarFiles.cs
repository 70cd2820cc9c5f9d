using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using ActorTrainer.Core.Data;

namespace ActorTrainer.Data.Sources;

/// <summary>CIFAR-10's binary version: <c>data_batch_1.bin</c> to 5, <c>test_batch.bin</c>, class names in <c>batches.meta.txt</c> (numbers where that is missing).</summary>
internal static partial class CifarFiles
{
    private const int Side = 32, PixelCount = 3 * Side * Side, RecordLength = 1 + PixelCount, Labels = 10;

    /// <summary>Which part a file of this name belongs to; null: not one.</summary>
    public static string? PartOf(string name) => name == "test_batch.bin" ? RecordFiles.Test : TrainName().IsMatch(name) ? RecordFiles.Train : null;

    public static RecordDataSet Open(string location, IFileTree tree, TreeFile[] files, ImmutableArray<string>? classes)
    {
        string[] names = ClassNames(tree);
        return RecordDataSet.Create(location, files.SelectMany(file => Records(tree, file)), label => names[label], classes, Side, Side);
    }

    private static IEnumerable<PixelRecord> Records(IFileTree tree, TreeFile file)
    {
        ReadOnlyMemory<byte> bytes = RecordFiles.ReadAll(tree, file);
        if (bytes.Length == 0 || bytes.Length % RecordLength != 0)
            throw new DataException($"{tree.Location}/{file.Path} has {bytes.Length:N0} bytes, which is not a whole number of CIFAR-10 records of {RecordLength}. Fetch it again.");
        string name = Path.GetFileNameWithoutExtension(file.Path);
        int count = bytes.Length / RecordLength;
        for (int i = 0; i < count; i++)
        {
            var record = bytes.Slice(i * RecordLength, RecordLength);
            int label = record.Span[0];
            if (label >= Labels) throw new DataException($"{tree.Location}/{file.Path}: record {i} has the label {label}; CIFAR-10 has 0 to {Labels - 1}.");
            yield return new(RecordFiles.RecordName(name, i, count), label, record[1..]);
        }
    }

    private static string[] ClassNames(IFileTree tree)
    {
        var meta = tree.Files.FirstOrDefault(file => RecordFiles.NameOf(file) == "batches.meta.txt");
        string[] numbers = [.. Enumerable.Range(0, Labels).Select(label => label.ToString())];
        if (meta.Path is null) return numbers;
        string[] names = Encoding.UTF8.GetString(RecordFiles.ReadAll(tree, meta).Span).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length == Labels && names.Distinct().Count() == Labels
            ? names
            : throw new DataException($"{tree.Location}/{meta.Path} should have {Labels} different class names, one a line; it has {names.Length}.");
    }

    [GeneratedRegex(@"\Adata_batch_[0-9]+\.bin\z")]
    private static partial Regex TrainName();
}

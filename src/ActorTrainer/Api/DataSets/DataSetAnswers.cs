using System.Collections.Immutable;
using ActorTrainer.Core.Data;
using ActorTrainer.Data.Inspection;
using ActorTrainer.DataSets;

namespace ActorTrainer.Api.DataSets;

/// <summary>A data set as the API shows it. Serialised as it stands, so its members' names are a contract.</summary>
/// <param name="Location">How an experiment names it.</param>
/// <param name="Bytes">Of its zip.</param>
/// <param name="Pictures">Of all parts.</param>
internal sealed record DataSetAnswer(string Name, string Location, long Bytes, DateTimeOffset Created, int Pictures, ImmutableArray<PartAnswer> Parts)
{
    public static DataSetAnswer Of(ShelvedDataSet set)
    {
        var parts = set.Parts.Select(part => PartAnswer.Of(set.Name, part)).ToImmutableArray();
        return new(set.Name.Value, new RegisteredData(set.Name, "").ToString(), set.Bytes, set.Created, parts.Sum(part => part.Pictures), parts);
    }
}

/// <summary>Class folders side by side.</summary>
/// <param name="Name">Such as <c>train</c>; empty: the data set has no parts.</param>
/// <param name="Location">How an experiment names it.</param>
internal sealed record PartAnswer(string Name, string Location, int Pictures, ImmutableArray<ClassCount> Classes)
{
    public static PartAnswer Of(DataSetName name, ArchivePart part) =>
        new(part.Name, new RegisteredData(name, part.Folder).ToString(), part.Classes.Sum(entry => entry.Pictures), part.Classes);
}

/// <param name="Path">In the archive.</param>
/// <param name="Thumbnail">Where a small picture of it is.</param>
internal sealed record SampleAnswer(string Path, string Class, string Thumbnail);

using System.Collections.Immutable;

namespace ActorTrainer.Client;

/// <summary>A data set that was uploaded.</summary>
/// <param name="Location">How an experiment names it.</param>
/// <param name="Bytes">Of its zip.</param>
/// <param name="Pictures">Of all parts.</param>
public sealed record DataSet(string Name, string Location, long Bytes, DateTimeOffset Created, int Pictures, ImmutableArray<DataSetPart> Parts);

/// <summary>Class folders side by side.</summary>
/// <param name="Name">Such as <c>train</c>; empty: the data set has no parts.</param>
/// <param name="Location">How an experiment names it.</param>
public sealed record DataSetPart(string Name, string Location, int Pictures, ImmutableArray<ClassCount> Classes);

/// <param name="Name">The class.</param>
public sealed record ClassCount(string Name, int Pictures);

/// <summary>How far an upload is.</summary>
/// <param name="Sent">Bytes of the zip.</param>
/// <param name="Total">Bytes of it in all; null: it is not known.</param>
public readonly record struct UploadProgress(long Sent, long? Total);

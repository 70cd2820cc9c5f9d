using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using ActorTrainer.Core.Experiments.Binding;
using ActorTrainer.Core.Experiments.Hocon;

namespace ActorTrainer.Core.Experiments;

/// <summary>One key of the effective configuration.</summary>
/// <param name="Key">The full path, such as <c>experiment.training.phases.0.epochs</c>.</param>
/// <param name="Value">In canonical form, on one line.</param>
/// <param name="Identity">What the configuration hash covers of it: the value of a result key, presence and kind of a location, nothing of an operational one.</param>
public sealed record ConfigurationEntry(string Key, string Value, KeyMark Mark, string? Identity);

/// <summary>Settings in the one form that shows, stores, hashes and compares them. A pure function of the settings.</summary>
public sealed class ExperimentConfiguration
{
    public ExperimentConfiguration(ExperimentSettings settings)
    {
        Settings = settings;
        var tree = SettingsTree.Of(settings);
        Text = HoconWriter.Document(tree);
        Entries = [.. Flatten(tree, []).OrderBy(entry => entry.Key, StringComparer.Ordinal)];
        Hash = HashOf(Entries);
    }

    public ExperimentSettings Settings { get; }

    /// <summary>The effective configuration as HOCON with every path absolute: reads back to the same settings. What effective.conf holds.</summary>
    public string Text { get; }

    /// <summary>Every key in ordinal order.</summary>
    public ImmutableArray<ConfigurationEntry> Entries { get; }

    /// <summary>SHA-256 over what counts for the result; 64 lower-case hex digits. Equal on every machine and in every folder.</summary>
    public string Hash { get; }

    /// <summary>reference.conf: every key, commented.</summary>
    public static string ReferenceText => Reference.Instance.Text;

    private static string HashOf(ImmutableArray<ConfigurationEntry> entries)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in entries)
            if (entry.Identity is { } identity) hash.AppendData(Encoding.UTF8.GetBytes($"{entry.Key}\0{identity}\0"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static IEnumerable<ConfigurationEntry> Flatten(HoconNode node, ImmutableArray<string> path)
    {
        var known = path.IsEmpty ? null : Reference.Instance.Find(path);
        switch (node, known?.Value)
        {
            case (HoconObject fields, null or HoconObject { Count: > 0 }):
                return fields.Fields.SelectMany(field => Flatten(field.Value, path.Add(field.Key)));
            case (HoconArray list, HoconArray { Items: [HoconObject, ..] }) when list.Items.All(item => item is HoconObject { Count: > 1 }):
                return list.Items.SelectMany((item, i) =>
                    ((HoconObject)item).Fields.SelectMany(field => Flatten(field.Value, [.. path, Index(i), field.Key])));
            default:
                var mark = Reference.Instance.MarkOf(known ?? throw new InvalidOperationException($"reference.conf has no key {string.Join('.', path)}"))
                    ?? throw new InvalidOperationException($"{string.Join('.', path)} has no mark in reference.conf");
                string value = HoconWriter.Inline(node);
                string? identity = mark switch
                {
                    KeyMark.Result => value,
                    KeyMark.Location => IsPath(node) ? "path" : value,
                    _ => null,
                };
                return [new(string.Join('.', path.Select(HoconPath.Element)), Secrets.Mask(value), mark, identity)];
        }

        static string Index(int i) => i.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Locations also hold null, a share, or weights by name, which mean the same everywhere.</summary>
    private static bool IsPath(HoconNode node) => node is HoconScalar { Kind: HoconKind.Text, Text: var text }
        && !text.StartsWith("builtin:", StringComparison.Ordinal) && !text.StartsWith("run:", StringComparison.Ordinal);
}

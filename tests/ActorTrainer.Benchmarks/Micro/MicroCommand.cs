using System.Collections.Immutable;
using System.CommandLine;
using System.Text.Json;
using ActorTrainer.Core;
using ActorTrainer.Torch.Devices;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ActorTrainer.Benchmarks.Micro;

/// <summary>
/// The smallest parts alone, by BenchmarkDotNet: for finding out what a change does to one of them. In this process: a benchmark of a process of its own
/// would need the native libraries beside it.
/// </summary>
internal static class MicroCommand
{
    private static readonly Type[] Benchmarks =
    [
        typeof(DecodeBenchmarks), typeof(ResizeBenchmarks), typeof(BatchBenchmarks), typeof(TreeSumBenchmarks), typeof(OptimizerBenchmarks), typeof(ProductBenchmarks), typeof(MailboxBenchmarks),
    ];

    public static Command Create()
    {
        var filter = new Option<string>("--filter") { HelpName = "GLOB", DefaultValueFactory = _ => "*", Description = "Which, such as *Decode*" };
        var command = new Command("micro", "Decode, resize, batch, tree sum, optimizer, matrix product and mailbox, each alone") { filter };
        command.SetAction(parsed =>
        {
            var result = Measure(parsed.GetRequiredValue(filter), isDry: false);
            if (result.Timings.IsEmpty)
            {
                Console.Error.WriteLine($"No benchmark is named {parsed.GetRequiredValue(filter)}. There are {string.Join(", ", Benchmarks.Select(type => type.Name))}; their full names begin with the namespace: '*Decode*'.");
                return 2;
            }

            Console.Out.WriteLine(JsonSerializer.Serialize(result, CoreJson.Options));
            return 0;
        });
        return command;
    }

    /// <param name="filter">A glob over the benchmarks' full names.</param>
    /// <param name="isDry">Each runs once, for seeing that it runs.</param>
    public static MicroResult Measure(string filter, bool isDry)
    {
        NativeEnvironment.Prepare();
        var config = ManualConfig.CreateEmpty()
            .AddJob((isDry ? Job.Dry : Job.Default).WithToolchain(InProcessEmitToolchain.Instance))
            .AddFilter(new GlobFilter([filter]))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithOptions(ConfigOptions.DisableLogFile | (isDry ? ConfigOptions.DisableOptimizationsValidator : ConfigOptions.Default));
        // The library makes a folder for files, even where there are none.
        var folder = Directory.CreateTempSubdirectory("micro-");
        var summaries = new List<Summary>();
        try
        {
            foreach (var type in Benchmarks)
            {
                var summary = BenchmarkRunner.Run(type, config.WithArtifactsPath(folder.FullName));
                summaries.Add(summary);
                if (!isDry && summary.Reports.Length > 0) MarkdownExporter.Console.ExportToLog(summary, new TextLogger(Console.Error));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return new(Machine.Here(), [.. summaries.SelectMany(summary => summary.Reports).Select(MicroTiming.Of)],
            [.. summaries.SelectMany(summary => summary.ValidationErrors).Where(error => error.IsCritical).Select(error => error.Message)]);
    }
}

/// <param name="Errors">Why benchmarks did not run.</param>
internal sealed record MicroResult(Machine Machine, ImmutableArray<MicroTiming> Timings, ImmutableArray<string> Errors);

/// <summary>One benchmark's iterations, in nanoseconds an operation. No values: it failed.</summary>
internal sealed record MicroTiming(string Name, double? Median, double? Least, double? Greatest, int Count)
{
    public static MicroTiming Of(BenchmarkReport report)
    {
        string name = $"{report.BenchmarkCase.Descriptor.Type.Name}.{report.BenchmarkCase.Descriptor.WorkloadMethod.Name}{(report.BenchmarkCase.HasParameters ? $"({report.BenchmarkCase.Parameters.ValueInfo})" : "")}";
        return report.ResultStatistics is { } values ? new(name, values.Median, values.Min, values.Max, values.N) : new(name, null, null, null, 0);
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using ActorTrainer.Actors.Journal;
using ActorTrainer.Core.Data;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;
using ActorTrainer.Data.Inputs;
using ActorTrainer.Data.Inspection;
using ActorTrainer.Terminal;
using ActorTrainer.Transport;
using ActorTrainer.Torch.Devices;
using ActorTrainer.Transport.Checkpoints;
using ActorTrainer.Transport.Gradients.Gpu;
using Microsoft.Data.Sqlite;

namespace ActorTrainer.Hosting.Health;

/// <summary>Ok; usable with less; or something needed does not work.</summary>
internal enum Health { Ok, Warn, Fail }

/// <param name="Advice">What to do; null where there is nothing to do.</param>
internal sealed record Finding(string Name, Health Health, string Text, string? Advice = null);

/// <summary>Tries everything that a run needs, on the disk that runs stand on. Leaves nothing behind.</summary>
internal sealed class MachineCheck(Services services, RunsFolder runs)
{
    private const long Giga = 1_000_000_000;

    // One white pixel.
    private static readonly byte[] Png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC");

    private int _gpus;
    private readonly string _folder = DiskNeed.Existing(runs.Path);

    public IEnumerable<Finding> All() => [Platform(), Processor(), Memory(), Disk(), Attempt("pictures", Pictures, "The installation is incomplete: libSkiaSharp is missing next to the program."),
        Attempt("libtorch", LibTorch, "The program needs glibc 2.28 or newer and libgomp's system libraries; the error above names what is missing."),
        Attempt("gpu", Gpu, null), Attempt("nccl", Nccl, null), Weights(), runs.Journal.IsShared ? Attempt("journal", Server, $"Check ${JournalLocation.Variable} and that the server lets this machine in.") : Attempt("journal", Journal, "SQLite needs a local disk: choose another folder with --runs."),
        Attempt("locks", Locks, "File locks need a local disk: choose another folder with --runs."),
        .. runs.Checkpoints is { } elsewhere ? [Attempt("checkpoints", () => Checkpoints(elsewhere), $"Check ${CheckpointStoreLocation.Variable}, the bucket and its keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).")] : (Finding[])[]];

    private static Finding Platform()
    {
        string text = $"{RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}";
        return OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64
            ? new("system", Health.Ok, text)
            : new("system", Health.Warn, text, "Linux on x64 is the supported platform; elsewhere only fp32 is known to work.");
    }

    private static Finding Processor()
    {
        string set = Avx512BW.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "no AVX2";
        string text = $"{ModelName() ?? "unknown processor"}, {Format.Count(Environment.ProcessorCount, "core")}, {set}";
        return Avx2.IsSupported || !RuntimeInformation.OSArchitecture.Equals(Architecture.X64)
            ? new("processor", Health.Ok, text)
            : new("processor", Health.Warn, text, "Training will be several times slower than on a processor with AVX2.");
    }

    private static string? ModelName() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[^1].Trim()
        : null;

    private static Finding Memory()
    {
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, free = FreeMemory() ?? total;
        string text = $"{Format.Bytes(free)} of {Format.Bytes(total)} are free";
        return free >= 2 * Giga
            ? new("memory", Health.Ok, text)
            : new("memory", Health.Warn, text, "Small models train in 1 GB; for a ResNet free about 4 GB, or lower training.global-batch-size.");
    }

    private static long? FreeMemory() => File.Exists("/proc/meminfo")
        && File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal)) is { } line
        && long.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], NumberStyles.None, CultureInfo.InvariantCulture, out long kilo)
            ? kilo * 1024
            : null;

    private Finding Disk()
    {
        long free = DiskNeed.FreeBytes(runs.Path);
        string text = $"{Format.Bytes(free)} are free for {runs.Path}";
        return free >= 5 * Giga ? new("disk", Health.Ok, text)
            : free >= Giga / 5 ? new("disk", Health.Warn, text, "A ResNet-18's checkpoint with its optimizer takes 90 MB, and several are kept; 'actortrainer prune' makes room.")
            : new("disk", Health.Fail, text, "Make room ('actortrainer prune'), or choose another disk with --runs.");
    }

    private static Finding Pictures()
    {
        using var data = ImageInputs.Of([("one.png", Png)]);
        return Thumbnail.Of(data, 0, 8, Rgb.White) is null
            ? new("pictures", Health.Fail, "the picture library can't decode a PNG")
            : new("pictures", Health.Ok, "JPEG, PNG, WebP, GIF and BMP can be read");
    }

    private Finding LibTorch()
    {
        var device = services.Engine().Resolve(new(DeviceChoice.Cpu, 1, 1, null));
        services.Engine().OpenInference(device, new RunWeights(runs)).Dispose();
        return new("libtorch", Health.Ok, $"{LibTorchFolder.Text} loads; trains on the CPU with {Format.Count(device.Threads, "thread")}");
    }

    private Finding Gpu()
    {
        try
        {
            services.Engine().Resolve(new(DeviceChoice.Cuda, 1, 1, null));
            int count = _gpus = services.Engine().CountDevices(DeviceKind.Cuda);
            return new("gpu", Health.Ok, $"{string.Join("; ", Enumerable.Range(0, count).Select(index => GpuModel.Find(index)?.ToString() ?? $"CUDA device {index}"))}; {Format.Count(count, "trainer")} a process");
        }
        catch (EngineException e)
        {
            const string Text = "none that this build can use; training runs on the CPU";
            return GpuModel.Find(0) is not null ? new("gpu", Health.Warn, Text, e.Message)
                : new("gpu", Health.Ok, Text, $"On a machine with an NVIDIA GPU and its driver, build with -p:TorchBackend=cuda, or with none and ${LibTorchFolder.Variable} naming a CUDA libtorch.");
        }
    }

    /// <summary>Only where there are several GPUs to talk does it matter.</summary>
    private Finding Nccl()
    {
        return GpuExchange.IsThere ? new("nccl", Health.Ok, $"{GpuExchange.Text}: gradients move from GPU to GPU")
            : new("nccl", Health.Ok, $"not used: {GpuExchange.Text}", _gpus > 1 ? "These GPUs exchange gradients through host memory; NCCL 2.18 or newer (libnccl.so.2 on the library path) makes that faster, with the same weights." : null);
    }

    private static Finding Weights()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "models", "resnet18-imagenet", "ResNet18.onnx");
        return File.Exists(file)
            ? new("weights", Health.Ok, "builtin:resnet18-imagenet is there")
            : new("weights", Health.Warn, $"{file} is missing", "builtin:resnet18-imagenet can't be used; install the program whole.");
    }

    private Finding Server()
    {
        using var connection = runs.Journal.OpenForWriting();
        return new("journal", Health.Ok, $"{runs.Journal}, version {connection.ServerVersion}");
    }

    private Finding Journal()
    {
        string file = Path.Combine(_folder, $".doctor-{Guid.NewGuid():N}.db");
        try
        {
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)";
            return command.ExecuteScalar() is "wal"
                ? new("journal", Health.Ok, $"SQLite writes ahead in {_folder}")
                : new("journal", Health.Fail, $"SQLite can't use its write-ahead log in {_folder}", "It needs a local disk: choose another folder with --runs.");
        }
        finally
        {
            foreach (string suffix in new[] { "", "-wal", "-shm" }) File.Delete(file + suffix);
        }
    }

    private static Finding Checkpoints(CheckpointStoreLocation place)
    {
        place.Below(".doctor").Open().List();
        return new("checkpoints", Health.Ok, $"{place} answers");
    }

    private Finding Locks()
    {
        var folder = new RunFolder(Path.Combine(_folder, $".doctor-{Guid.NewGuid():N}"));
        try
        {
            using var first = RunLock.TryTake(folder, out _);
            using var second = RunLock.TryTake(folder, out _);
            return first is not null && second is null
                ? new("locks", Health.Ok, $"a second writer is kept out in {_folder}")
                : new("locks", Health.Fail, $"locks do not hold in {_folder}", "They need a local disk: choose another folder with --runs.");
        }
        finally
        {
            if (Directory.Exists(folder.Path)) Directory.Delete(folder.Path, recursive: true);
        }
    }

    /// <summary>Native libraries fail in many ways, and each way is the finding.</summary>
    private static Finding Attempt(string name, Func<Finding> check, string? advice)
    {
        try
        {
            return check();
        }
        catch (Exception e)
        {
            var cause = e;
            while (cause is TypeInitializationException { InnerException: { } inner }) cause = inner;
            // The engine's own words say what to do.
            return new(name, Health.Fail, cause.Message.ReplaceLineEndings(" "), cause is EngineException ? null : advice);
        }
    }
}

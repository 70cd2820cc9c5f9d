using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Devices;

namespace ActorTrainer.Torch.Tests.Devices;

public sealed class LibTorchFolderSpec : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("actortrainer-").FullName;

    private string Libraries => Path.Combine(_folder, "lib");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void These_tests_have_a_libtorch_of_their_own() => Assert.True(LibTorchFolder.IsOwn);

    [SkippableFact]
    public void A_folder_that_holds_it_can_be_used_also_where_no_version_is_told()
    {
        Fill();
        Assert.Null(LibTorchFolder.ProblemOf(Libraries));
        Assert.Null(LibTorchFolder.VersionOf(Libraries));
    }

    [SkippableTheory]
    [InlineData("build-version", "{0}+cpu\n", null)]
    [InlineData("version.py", "from typing import Optional\n__version__ = '{0}+cu128'\ndebug = False\n", null)]
    [InlineData("build-version", "2.3.1+cu121\n", "has version 2.3.1+cu121")]
    [InlineData("version.py", "__version__ = '1.13.0a0'\n", "has version 1.13.0a0")]
    public void Its_version_must_be_the_one_that_this_program_was_made_for(string file, string text, string? problem)
    {
        Fill();
        File.WriteAllText(Path.Combine(_folder, file), string.Format(System.Globalization.CultureInfo.InvariantCulture, text, LibTorchFolder.Wanted));
        foreach (string path in (string[])[Libraries, Libraries + "/"])
        {
            if (problem is null) Assert.Null(LibTorchFolder.ProblemOf(path));
            else Assert.Contains(problem, LibTorchFolder.ProblemOf(path), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void Without_one_it_is_said_what_to_do()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "is for Linux");
        Assert.Contains($"set ${LibTorchFolder.Variable} to the folder of libtorch {LibTorchFolder.Wanted}", LibTorchFolder.ProblemOf(null), StringComparison.Ordinal);
        Assert.Contains("there is no libtorch_cpu.so", LibTorchFolder.ProblemOf(_folder), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void What_the_loader_does_not_like_about_it_is_said()
    {
        Fill();
        var thrown = Assert.Throws<EngineException>(() => LibTorchFolder.Load(Libraries));
        Assert.StartsWith($"libtorch of {Libraries} can't be loaded: {Path.Combine(Libraries, "libtorch_cpu.so")}", thrown.Message, StringComparison.Ordinal);
    }

    private void Fill()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "is for Linux");
        Directory.CreateDirectory(Libraries);
        File.WriteAllText(Path.Combine(Libraries, "libtorch_cpu.so"), "");
    }
}

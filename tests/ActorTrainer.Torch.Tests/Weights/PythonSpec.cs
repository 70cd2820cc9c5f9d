using System.Diagnostics;
using System.Globalization;
using ActorTrainer.Torch.Tests.Parity;
using ActorTrainer.Torch.Weights;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Weights;

/// <summary>With the real PyTorch, where the machine has one; skipped, visibly, where it has not.</summary>
public sealed class PythonSpec
{
    [SkippableFact]
    public void An_exported_pth_loads_in_PyTorch_with_the_same_logits()
    {
        Skip.If(Python("import torch, torchvision") is null, "there is no python3 with torch and torchvision");
        var description = Some.Description("resnet18", classes: 5, imageSize: 64);
        using var scope = NewDisposeScope();
        using var still = no_grad();
        using var model = Some.Model(description);
        ParityReference.Fill(model);
        float[] ours = model.forward(ones([1, 3, 64, 64])).data<float>().ToArray();
        string path = Path.Combine(Directory.CreateTempSubdirectory("python-").FullName, "weights.pth");
        ModelExport.ToPth(StateDict.Read(model), path);

        string? answer = Python($"""
            import sys, torch, torchvision
            model = torchvision.models.resnet18(num_classes=5)
            model.load_state_dict(torch.load(r'{path}'))
            model.eval()
            print(*model(torch.ones(1, 3, 64, 64))[0].tolist())
            """);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

        Assert.NotNull(answer);
        float[] theirs = [.. answer.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(text => float.Parse(text, CultureInfo.InvariantCulture))];
        Assert.All(theirs.Zip(ours), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.Equal(5, theirs.Length);
    }

    /// <summary>What a script prints; null where it can't be run or fails.</summary>
    private static string? Python(string script)
    {
        foreach (string name in (string[])["python3", "/usr/bin/python3"])
        {
            try
            {
                using var python = Process.Start(new ProcessStartInfo(name, ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
                var errors = python.StandardError.ReadToEndAsync();
                string output = python.StandardOutput.ReadToEnd();
                python.WaitForExit();
                errors.Wait();
                if (python.ExitCode == 0) return output;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // no such program: the next name, or none
            }
        }

        return null;
    }
}

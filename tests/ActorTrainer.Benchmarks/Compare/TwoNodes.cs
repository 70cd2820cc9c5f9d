using System.Globalization;
using System.Text.Json.Nodes;
using ActorTrainer.Benchmarks.Micro;
using ActorTrainer.Benchmarks.Processes;

namespace ActorTrainer.Benchmarks.Compare;

/// <summary>A run on two trainers of one thread each, in processes of their own: a node with all roles, and one that trains.</summary>
internal static class TwoNodes
{
    private const int Uncounted = 2;

    /// <summary>Pictures a second, of both together: the median step, of which the first two do not count.</summary>
    /// <param name="batch">Pictures a node and step.</param>
    public static async Task<double> ImagesPerSecondAsync(string architecture, int batch, int image, int steps, CancellationToken cancel)
    {
        string folder = Directory.CreateTempSubdirectory("actortrainer-two-nodes-").FullName;
        try
        {
            string runs = Path.Combine(folder, "runs");
            await WriteAsync(folder, architecture, batch, image, steps, cancel).ConfigureAwait(false);
            // Pixels near to what the model takes: it is steps that are compared.
            await Programs.OutputAsync(Programs.Product, ["pack", Path.Combine(folder, "pictures"), Path.Combine(folder, "pictures.pack"), "--as", "raw", "--short-side", image.ToString(CultureInfo.InvariantCulture)], cancel).ConfigureAwait(false);
            await using var head = await NodeProcess.StartAsync(runs).ConfigureAwait(false);
            await using var second = await head.JoinAsync(runs).ConfigureAwait(false);
            await Programs.OutputAsync(Programs.Product, ["submit", Path.Combine(folder, "two.conf"), "--server", head.Url.ToString(), "--wait", "--json"], cancel).ConfigureAwait(false);
            var speeds = (await File.ReadAllLinesAsync(Path.Combine(runs, "two", "metrics.jsonl"), cancel).ConfigureAwait(false)).Select(line => (double)JsonNode.Parse(line)!["images_per_s"]!);
            return Sample.Of(speeds.Skip(Uncounted)).Median;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WriteAsync(string folder, string architecture, int batch, int image, int steps, CancellationToken cancel)
    {
        byte[] picture = SomePictures.Jpeg(1);
        for (int i = 0; i < 2 * batch * steps; i++)
        {
            string to = Path.Combine(folder, "pictures", i % 2 == 0 ? "even" : "odd", string.Create(CultureInfo.InvariantCulture, $"{i}.jpg"));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            await File.WriteAllBytesAsync(to, picture, cancel).ConfigureAwait(false);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "two.conf"), $$"""
            experiment {
              name = two
              seed = 1
              data {
                train = "{{folder}}/pictures.pack", channels = 3, image-size = {{image}}, loader-threads = 1
                augment = [ { resize = [{{image}}, {{image}}] } ], evaluate = [ { resize = [{{image}}, {{image}}] } ]
              }
              model.architecture = {{architecture}}
              training { global-batch-size = {{2 * batch}}, logical-shards = 2, optimizer { learning-rate = 0.01, momentum = 0.9 }, phases = [ { epochs = 1 } ] }
              resources { threads = 1, trainers { min = 2, max = 2 } }
            }
            """, cancel).ConfigureAwait(false);
    }
}

using System.Collections.Immutable;
using ActorTrainer.Core.Models;
using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Models;
using ActorTrainer.Torch.Models.Layers;
using Onnx;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Onnx;

/// <summary>
/// A trainable model made of an ONNX graph: its layers under their names in the graph, with the graph's weights, then <c>head.weight</c> and <c>head.bias</c>.
/// Constants of the graph (a mean image, say) are not in the state dict; they come from the file each time.
/// </summary>
internal sealed class OnnxGraphModel : ImageModel
{
    private const string HeadName = "head";
    private readonly GraphProgram[] _programs;
    private readonly Dense[] _head;     // one; in an array, because a field of module type would be registered twice

    private OnnxGraphModel(ModelDescription description, OnnxFile file, ModulesContext context) : base(description)
    {
        var programs = new List<GraphProgram>();
        try
        {
            if (description.Normalize.BuiltIn)
            {
                var preprocess = file.Preprocess ?? throw new EngineException($"{file.Location} brings no preprocessing of its own; set data.normalize.");
                var importer = new GraphImporter(file.Location + " (preprocessing)", preprocess, context, this, null, null);
                CheckInput(file, importer.Input, description);
                programs.Add(importer.Translate());
            }

            var weights = new GraphWeights(this);
            var graph = new GraphImporter(file.Location, file.Model, context, this, weights, description.Dropout);
            CheckInput(file, graph.Input, description);
            var head = graph.FindHead();
            programs.Add(graph.Translate(head?.Features));
            _programs = [.. programs];
            Blocks = [.. weights.Prefixes.Select(prefix => ImmutableArray.Create(prefix)), [HeadName + "."]];
            _head = [new(CountFeatures(file, description), description.Classes.Length)];
            register_module(HeadName, _head[0]);
            HasGraphHead = head is { } own && own.Head.Weight.Shape[0] == description.Classes.Length && TakeHead(own.Head);
        }
        catch
        {
            foreach (var program in programs) program.Dispose();
            throw;
        }
    }

    public override ImmutableArray<string> HeadPrefixes => [HeadName + "."];
    public override ImmutableArray<ImmutableArray<string>> Blocks { get; }

    /// <summary>Whether the head has the graph's weights too; else it waits to be drawn.</summary>
    public bool HasGraphHead { get; }

    /// <summary>
    /// The model of <c>onnx:&lt;sha256&gt;</c> with the graph's weights; throws <see cref="EngineException"/> where the file is another one by now, or has what
    /// can't be translated.
    /// </summary>
    public static OnnxGraphModel Build(ModelDescription description, ModulesContext context)
    {
        string location = description.GraphLocation ?? throw new EngineException($"{description.Architecture}: it is not known where the graph is.");
        var file = OnnxFile.Open(location);
        return file.Architecture == description.Architecture
            ? new(description, file, context)
            : throw new EngineException($"{location} is not the graph that the model was made of: its hash is {file.Architecture}, not {description.Architecture}.");
    }

    public override Tensor Logits(Tensor features) => _head[0].call(features);

    /// <summary>A graph is one piece: before the head.</summary>
    public override int Seam => Blocks.Length - 1;

    protected override Tensor BeforeSeam(Tensor input)
    {
        using var maps = Maps(input);
        return maps.flatten(1);
    }

    public override Tensor Rear(Tensor middle) => middle.alias();

    /// <summary>What the graph gives before the head, in its own shape.</summary>
    internal Tensor Maps(Tensor input)
    {
        var value = input;
        foreach (var program in _programs)
        {
            var next = program.Run(value);
            if (!ReferenceEquals(value, input)) value.Dispose();
            value = next;
        }

        return value;
    }

    /// <summary>By running the graph on two black pictures: whatever does not fit together, the batch included, shows here and not in training.</summary>
    private long CountFeatures(OnnxFile file, ModelDescription description)
    {
        using var scope = NewDisposeScope();
        using var still = no_grad();
        eval();
        var features = Maps(zeros([2, description.Channels, description.ImageSize, description.ImageSize]));
        train();
        return features.dim() >= 2 && features.shape[0] == 2
            ? features.numel() / 2
            : throw new EngineException($"{file.Location}: the graph gives [{string.Join(", ", features.shape)}] for two pictures, not one row each.");
    }

    private bool TakeHead(GraphHead head)
    {
        float[] none = new float[head.Weight.Shape[0]];
        GraphWeights.Fill(head.Node, _head[0], ("weight", head.Weight), ("bias", head.Bias ?? new([none.Length], none, null)));
        return true;
    }

    private static void CheckInput(OnnxFile file, ValueInfoProto input, ModelDescription description)
    {
        long[] wanted = [.. input.Type?.TensorType?.Shape?.Dim.Select(dimension => dimension.DimValue) ?? []];
        int size = description.ImageSize;
        if (wanted.Length == 0) return;
        if (wanted.Length != 4) throw new EngineException($"{file.Location}: the graph would have to take N x C x H x W, but its input has {wanted.Length} axes.");
        if (wanted[1] != 0 && wanted[1] != description.Channels)
            throw new EngineException($"{file.Location} takes pictures of {wanted[1]} channels (N x C x H x W), but data.channels is {description.Channels}.");
        if ((wanted[2] != 0 && wanted[2] != size) || (wanted[3] != 0 && wanted[3] != size))
            throw new EngineException($"{file.Location} takes pictures of {wanted[2]} x {wanted[3]} pixels, but data.image-size is {size}.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) foreach (var program in _programs) program.Dispose();
        base.Dispose(disposing);
    }
}

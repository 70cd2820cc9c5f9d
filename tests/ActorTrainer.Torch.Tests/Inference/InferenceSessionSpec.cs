using ActorTrainer.Core.Training;
using ActorTrainer.Torch.Inference;
using ActorTrainer.Torch.Tests.Parity;
using ActorTrainer.Torch.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ActorTrainer.Torch.Tests.Inference;

public class InferenceSessionSpec
{
    [Fact]
    public void Logits_are_those_of_the_model_in_evaluation_mode_and_nothing_native_stays()
    {
        var reference = ParityReference.Load("lenet5");
        using var model = Some.Model(reference.Description);
        using var session = new InferenceSession(new(DeviceKind.Cpu, 0, 1));
        session.Load(reference.Description, StateDict.Read(model));
        using var batch = reference.HostBatch(0);

        float[] logits = session.Logits(batch);
        using (NewDisposeScope())
        {
            using var pipeline = new InputPipeline(reference.Description.Normalize, CPU, ScalarType.Float32);
            Assert.Equal(model.forward(pipeline.ToDevice(batch)).data<float>().ToArray(), logits);
        }

        Assert.Equal(batch.Count * reference.Classes, logits.Length);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (int i = 0; i < 3; i++) session.Logits(batch);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Other_weights_of_the_same_model_replace_the_first_and_another_class_count_is_another_model()
    {
        using var batch = ParityReference.Load("lenet5").HostBatch(0);
        using var session = new InferenceSession(new(DeviceKind.Cpu, 0, 1));
        var ten = Some.Description(channels: 1);
        var three = Some.Description(channels: 1, classes: 3);
        float[] Answer(Core.Models.ModelDescription description, ulong seed)
        {
            using var model = Some.Model(description, seed);
            session.Load(description, StateDict.Read(model));
            return session.Logits(batch);
        }

        float[] first = Answer(ten, 1);
        Assert.NotEqual(first, Answer(ten, 2));
        Assert.Equal(3 * batch.Count, Answer(three, 1).Length);
        Assert.Equal(first, Answer(ten, 1));
    }
}

using ActorTrainer.Actors.Tracing;
using ActorTrainer.Core.Serving;
using Akka.Actor;
using static ActorTrainer.Actors.Serving.InferenceProtocol;

namespace ActorTrainer.Actors.Serving;

/// <summary>
/// A model version on the device's own thread, which all versions of a process share and take turns on, a batch a message. What goes wrong here is its
/// parent's to tell: it stops.
/// </summary>
public sealed class InferenceActor : UntypedActor
{
    private IPredictor? _predictor;

    public static Props Props() => Akka.Actor.Props.Create(() => new InferenceActor()).WithDispatcher("actortrainer.device-dispatcher");

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case OpenPredictor opening: OnOpen(opening.Open); break;
            case Infer infer: OnInfer(_predictor!, infer); break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>The first pass through a model is slower than those that follow: it is made here, on a black picture.</summary>
    private void OnOpen(Func<IPredictor> open)
    {
        _predictor = open();
        var model = _predictor.Model;
        _predictor.Logits([new byte[model.ImageSize * model.ImageSize * model.Channels]]);
        Context.Parent.Tell(new Opened());
    }

    private static void OnInfer(IPredictor predictor, Infer infer)
    {
        var span = ProductTracing.Begin(TraceNames.Forward, infer.Trace);
        try
        {
            float[] logits = predictor.Logits(infer.Pictures);
            span?.End();
            Context.Parent.Tell(new Inferred(logits));
        }
        catch (Exception e)
        {
            span?.End(e.Message);
            throw;
        }
    }

    protected override void PostStop() => _predictor?.Dispose();
}

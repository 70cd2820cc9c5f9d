using ActorTrainer.Core.Evaluation;
using ActorTrainer.Core.Experiments;
using ActorTrainer.Core.Training;

namespace ActorTrainer.Transport.Training.TensorBoard;

/// <summary>
/// Says what it is given to TensorBoard too. A file each time it is cut back, begun with the first line after that; TensorBoard drops what earlier files say
/// of those steps. It is a picture of the other log, not a record: where it can't be written, it ends, and the log goes on.
/// </summary>
/// <param name="log">What counts; this owns it.</param>
public abstract class TensorBoardLog<TRecord>(IStepKeyedLog<TRecord> log, string folder, TimeProvider time) : IStepKeyedLog<TRecord>
{
    private EventFile? _file;
    private StepNumber _cut;
    private bool _failed;

    public void Append(in TRecord record)
    {
        log.Append(record);
        if (_failed) return;
        try
        {
            if (_file is null)
            {
                _file = new(folder, time);
                _file.Restart(_cut.Value + 1);
            }

            Write(_file, record);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failed = true;
        }
    }

    public void Flush(bool durable)
    {
        log.Flush(durable);
        Try(file => file.Flush());
    }

    public StepNumber CutBackTo(StepNumber step)
    {
        var last = log.CutBackTo(step);
        Try(file => file.Dispose());
        (_file, _cut) = (null, last);
        return last;
    }

    public void Dispose()
    {
        Try(file => file.Dispose());
        _file = null;
        log.Dispose();
    }

    private protected abstract void Write(EventFile file, in TRecord record);

    private void Try(Action<EventFile> act)
    {
        try
        {
            if (_file is { } file) act(file);
        }
        catch (IOException)
        {
            _failed = true;
        }
    }
}

/// <summary>The steps of training.</summary>
public sealed class TensorBoardSteps(IStepLog log, string folder, TimeProvider time) : TensorBoardLog<StepRecord>(log, folder, time), IStepLog
{
    private protected override void Write(EventFile file, in StepRecord step) =>
        file.Scalars(step.Step.Value, ("loss", step.Loss), ("top1", step.Top1), ("learning_rate", step.LearningRate), ("images_per_s", step.ImagesPerSecond), ("epoch", step.Epoch));
}

/// <summary>Evaluations, under the names that training's values have, so that they come into one chart.</summary>
public sealed class TensorBoardEvaluations(IEvaluationLog log, string folder, TimeProvider time) : TensorBoardLog<EvaluationRow>(log, folder, time), IEvaluationLog
{
    private protected override void Write(EventFile file, in EvaluationRow row) =>
        file.Scalars(row.Step.Value, ("loss", row.Metrics.Loss), ("top1", row.Metrics.Top1), ("top5", row.Metrics.Top5), ("epoch", row.Epoch));
}

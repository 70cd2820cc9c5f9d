namespace ActorTrainer.Core.Training;

/// <summary>Learning-rate schedules as closed-form functions of the step in the phase: no state, so resuming at any step gives the same bits.</summary>
public static class Schedule
{
    /// <summary>The factor on the base learning rate at <paramref name="step"/> (from 0) of <paramref name="steps"/> in the phase.</summary>
    /// <remarks>
    /// Warm-up is linear from 1/warm-up-steps; the rest of the schedule runs over the steps after it. step and cosine as PyTorch's StepLR and
    /// CosineAnnealingLR in closed form (Loshchilov and Hutter, 2017); one-cycle: Smith and Topin, 2018, cosine both ways.
    /// </remarks>
    public static double Factor(ScheduleSettings settings, long step, long steps, int stepsPerEpoch)
    {
        long warmUp = Math.Min(steps, (long)Math.Ceiling(settings.WarmUpEpochs * stepsPerEpoch));
        if (step < warmUp) return (step + 1.0) / warmUp;
        long at = step - warmUp, length = Math.Max(1, steps - warmUp);
        double share = (double)at / length;
        return settings.Type switch
        {
            ScheduleType.Constant => 1,
            ScheduleType.Step => Math.Pow(settings.StepFactor, Math.Floor(at / (settings.StepEpochs * stepsPerEpoch))),
            ScheduleType.Cosine => Between(1, settings.FinalShare, share),
            ScheduleType.Polynomial => settings.FinalShare + (1 - settings.FinalShare) * Math.Pow(1 - share, settings.Power),
            ScheduleType.OneCycle when share < settings.RiseShare => Between(1 / settings.StartDivisor, 1, share / settings.RiseShare),
            ScheduleType.OneCycle => Between(1, 1 / (settings.StartDivisor * settings.EndDivisor), (share - settings.RiseShare) / (1 - settings.RiseShare)),
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Type, "unknown schedule"),
        };

        static double Between(double from, double to, double share) => to + (from - to) * (1 + Math.Cos(Math.PI * share)) / 2;
    }
}

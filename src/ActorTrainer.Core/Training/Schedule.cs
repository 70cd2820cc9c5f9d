namespace ActorTrainer.Core.Training;

/// <summary>Learning-rate schedules as closed-form functions of the step in the phase: no state, so resuming at any step gives the same bits.</summary>
public static class Schedule
{
    /// <summary>The factor on the base learning rate at <paramref name="step"/> (from 0) of <paramref name="steps"/> in the phase.</summary>
    /// <remarks>
    /// Warm-up is linear from 1/warm-up-steps; the rest of the schedule runs over the steps after it, with the values of PyTorch's StepLR, CosineAnnealingLR
    /// (Loshchilov and Hutter, 2017), PolynomialLR and OneCycleLR (Smith and Topin, 2018; two legs, both cosine) stepped once a step. Epochs that are
    /// no whole number of steps are rounded to one.
    /// </remarks>
    public static double Factor(ScheduleSettings settings, long step, long steps, int stepsPerEpoch)
    {
        long warmUp = Math.Min(steps, WholeSteps(settings.WarmUpEpochs, stepsPerEpoch));
        if (step < warmUp) return (step + 1.0) / warmUp;
        long at = step - warmUp, length = Math.Max(1, steps - warmUp);
        double share = (double)at / length;
        return settings.Type switch
        {
            ScheduleType.Constant => 1,
            ScheduleType.Step => Math.Pow(settings.StepFactor, at / Math.Max(1, WholeSteps(settings.StepEpochs, stepsPerEpoch))),
            ScheduleType.Cosine => Between(1, settings.FinalShare, share),
            ScheduleType.Polynomial => settings.FinalShare + (1 - settings.FinalShare) * Math.Pow(1 - share, settings.Power),
            ScheduleType.OneCycle => OneCycle(settings, at, length),
            _ => throw new ArgumentOutOfRangeException(nameof(settings), settings.Type, "unknown schedule"),
        };
    }

    /// <summary>Up to the peak, which may lie between two steps, and down to the end, which is the last step.</summary>
    private static double OneCycle(ScheduleSettings settings, long at, long length)
    {
        double start = 1 / settings.StartDivisor, end = start / settings.EndDivisor;
        double peak = settings.RiseShare * length - 1, last = length - 1;
        if (at < peak || last <= peak) return Between(start, 1, peak > 0 ? at / peak : 1);
        return Between(1, end, (at - peak) / (last - peak));
    }

    private static double Between(double from, double to, double share) => to + (from - to) * (1 + Math.Cos(Math.PI * share)) / 2;

    private static long WholeSteps(double epochs, int stepsPerEpoch) => (long)Math.Round(epochs * stepsPerEpoch, MidpointRounding.AwayFromZero);
}

namespace ActorTrainer.Torch.Models;

/// <summary>The distribution a parameter begins with, by the names that torch gives them.</summary>
public abstract record InitialValue
{
    public sealed record Constant(double Value) : InitialValue;
    /// <summary>Uniform in [-<paramref name="Bound"/>, <paramref name="Bound"/>).</summary>
    public sealed record Uniform(double Bound) : InitialValue;
    public sealed record Normal(double Deviation) : InitialValue;
    /// <summary>Normal, drawn again outside [-2, 2]: torch's trunc_normal_ cuts at absolute values, not at deviations.</summary>
    public sealed record TruncatedNormal(double Deviation) : InitialValue;

    public static InitialValue Zeros { get; } = new Constant(0);
    public static InitialValue Ones { get; } = new Constant(1);

    /// <summary>What torch's Linear and Conv2d begin with, weight and bias: kaiming_uniform(a = sqrt 5) comes to 1 / sqrt(fan-in).</summary>
    public static InitialValue Default(long fanIn) => new Uniform(1 / Math.Sqrt(fanIn));

    /// <summary>He et al., 2015: keeps the variance of what flows back through ReLUs.</summary>
    public static InitialValue KaimingNormal(long fanOut) => new Normal(Math.Sqrt(2.0 / fanOut));

    /// <summary>Glorot and Bengio, 2010.</summary>
    public static InitialValue XavierUniform(long fanIn, long fanOut) => new Uniform(Math.Sqrt(6.0 / (fanIn + fanOut)));
}

/// <summary>A module that says how its own parameters begin; names are the module's own, without its prefix.</summary>
internal interface IInitialized
{
    InitialValue InitialValue(string parameter);
}

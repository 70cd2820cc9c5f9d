using System.Collections.Immutable;
using Google.Protobuf.Collections;
using static ActorTrainer.Api.Inference.InferenceRequest;

namespace ActorTrainer.Api.Inference.Rpc;

/// <summary>A request as a message: its tensor's bytes stand in <c>raw_input_contents</c>, or its numbers in the input's contents.</summary>
internal static class RpcRequest
{
    /// <summary>Throws <see cref="BodyException"/>.</summary>
    public static InferenceRequest Read(ModelInferRequest request)
    {
        if (request.Inputs.Count != 1) throw NotOneInput();
        var input = request.Inputs[0];
        CheckInput(input.Name, input.Datatype, input.Parameters.ContainsKey(SharedMemory));
        var shape = CheckedShape(input.Shape);
        return new(request.Id.Length == 0 ? null : request.Id, shape, PixelsOf(request, LengthOf(shape)), OutputsOf(request),
            request.Parameters.TryGetValue(TimeLimit, out var timeout) ? CheckedPatience(Number(timeout)) : null);
    }

    private static ReadOnlyMemory<byte> PixelsOf(ModelInferRequest request, long wanted)
    {
        var numbers = request.Inputs[0].Contents?.UintContents ?? [];
        if (request.RawInputContents.Count > 0)
        {
            return request.RawInputContents.Count == 1 && numbers.Count == 0 && request.RawInputContents[0].Length == wanted ? request.RawInputContents[0].Memory
                : throw Wrong($"The input '{Input}' has {wanted} values by its shape: as many bytes must stand in raw_input_contents, and nothing in its contents.");
        }

        if (numbers.Count != wanted) throw Wrong($"The input '{Input}' has {wanted} values by its shape, and {numbers.Count} in uint_contents.");
        return numbers.All(number => number <= byte.MaxValue) ? numbers.Select(number => (byte)number).ToArray() : throw Wrong($"The data of '{Input}' are whole numbers from 0 to 255.");
    }

    private static ImmutableArray<WantedOutput> OutputsOf(ModelInferRequest request) => request.Outputs.Count == 0 ? All(binary: true)
        : EachOnce(request.Outputs.Select(output => CheckedOutput(output.Name, binary: true, output.Parameters.ContainsKey(SharedMemory), Best(output.Parameters))));

    private static long? Best(MapField<string, InferParameter> parameters) => parameters.TryGetValue(Classification, out var best) ? Number(best) ?? 0 : null;

    private static long? Number(InferParameter parameter) => parameter.ParameterChoiceCase switch
    {
        InferParameter.ParameterChoiceOneofCase.Int64Param => parameter.Int64Param,
        InferParameter.ParameterChoiceOneofCase.Uint64Param when parameter.Uint64Param <= long.MaxValue => (long)parameter.Uint64Param,
        _ => null,
    };
}

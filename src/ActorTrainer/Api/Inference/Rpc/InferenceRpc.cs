using ActorTrainer.Api.Models;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ActorTrainer.Api.Inference.Rpc;

/// <summary>The Open Inference Protocol over gRPC: the same desk, the same keys (in the metadata <c>authorization</c>), the same limits as over REST.</summary>
internal sealed class InferenceRpc(InferenceDesk desk, Admission admission, TimeProvider time) : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <summary>Of a message: what surrounds the tensor in it is small.</summary>
    private const int MaxMessageBytes = Admission.MaxBodyBytes, FrameBytes = 1 << 10;

    /// <param name="own">The one that answers, once it is asked for.</param>
    /// <param name="report">Told what should not have happened.</param>
    public static void Add(IServiceCollection services, Func<InferenceRpc> own, Action<string> report)
    {
        services.AddSingleton(_ => own());
        services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = MaxMessageBytes;
            options.IgnoreUnknownServices = true;
            options.Interceptors.Add<RpcProblems>(report);
        });
    }

    public static void Map(IEndpointRouteBuilder app) => app.MapGrpcService<InferenceRpc>().TakesBytes(MaxMessageBytes + FrameBytes).Add(endpoint =>
    {
        switch (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault()?.Method.Name)
        {
            case nameof(ServerLive) or nameof(ServerReady):
                endpoint.Metadata.Add(new Access(null, IsForWatchers: true));
                endpoint.Metadata.Add(new DisableRateLimitingAttribute());
                break;
            case nameof(ServerMetadata):
                endpoint.Metadata.Add(new Access(null));
                break;
            default:
                endpoint.Metadata.Add(new Access(ApiScope.Read));
                break;
        }
    });

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => Task.FromResult(new ServerReadyResponse { Ready = desk.IsReady });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) =>
        Task.FromResult(new ServerMetadataResponse { Name = InferenceDesk.Server, Version = InferenceDesk.Version, Extensions = { InferenceDesk.Extensions } });

    public override async Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        new() { Ready = await desk.IsLoadedAsync(request.Name, Named(request.Version)).ConfigureAwait(false) };

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        var model = desk.Describe(request.Name, Named(request.Version));
        return Task.FromResult(new ModelMetadataResponse { Name = model.Name, Platform = model.Platform, Versions = { model.Versions }, Inputs = { model.Inputs.Select(Tensor) }, Outputs = { model.Outputs.Select(Tensor) } });
    }

    public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) => admission.AdmitAsync(PatienceOf(context), async deadline =>
        Message(await desk.InferAsync(request.ModelName, Named(request.ModelVersion), () => Task.FromResult(RpcRequest.Read(request)), ModelRoutes.RoutingKey(context.GetHttpContext().Request),
            deadline, context.CancellationToken).ConfigureAwait(false)));

    /// <summary>In seconds, within what is admitted; null: the caller names no deadline.</summary>
    private double? PatienceOf(ServerCallContext context) => context.Deadline == DateTime.MaxValue ? null
        : Math.Clamp((context.Deadline - time.GetUtcNow().UtcDateTime).TotalSeconds, 0.001, Admission.MaxPatience.TotalSeconds);

    private static string? Named(string version) => version.Length == 0 ? null : version;

    private static ModelMetadataResponse.Types.TensorMetadata Tensor(TensorMetadata tensor) =>
        new() { Name = tensor.Name, Datatype = tensor.Datatype, Shape = { tensor.Shape.Select(side => (long)side) } };

    /// <summary>Tensors as bytes, which every client reads.</summary>
    private static ModelInferResponse Message(InferenceResponse answer) => new()
    {
        ModelName = answer.Version.Model.Value,
        ModelVersion = answer.Version.Version,
        Id = answer.Id ?? "",
        Outputs = { answer.Outputs.Select(output => new ModelInferResponse.Types.InferOutputTensor { Name = output.Wanted.Name, Datatype = output.DataType, Shape = { output.Rows, output.Columns } }) },
        RawOutputContents = { answer.Outputs.Select(output => UnsafeByteOperations.UnsafeWrap(output.Bytes())) },
    };
}

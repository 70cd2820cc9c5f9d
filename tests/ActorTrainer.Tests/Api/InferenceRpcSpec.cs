using System.Runtime.InteropServices;
using ActorTrainer.Actors.Coordination;
using ActorTrainer.Api;
using ActorTrainer.Api.Inference.Rpc;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using static ActorTrainer.Tests.Api.BirdModels;

namespace ActorTrainer.Tests.Api;

/// <summary>The Open Inference Protocol over gRPC: what stands in <see cref="InferenceRoutesSpec"/>, as far as the way there differs.</summary>
public sealed class InferenceRpcSpec : IAsyncLifetime
{
    private static readonly byte[] White = [.. Enumerable.Repeat((byte)255, Side * Side)];
    private TestGateway _gateway = null!;
    private GrpcChannel _channel = null!;
    private string _version = "";

    private GRPCInferenceService.GRPCInferenceServiceClient Client => new(_channel);

    public async Task InitializeAsync()
    {
        _gateway = await TestGateway.StartAsync(settings => settings with { Grpc = 0 });
        _channel = GrpcChannel.ForAddress(_gateway.RpcUrl!);
        _version = _gateway.Runs.WithModel("birds", Wren);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task Server_live_ready_and_metadata()
    {
        Assert.True((await Client.ServerLiveAsync(new())).Live);
        Assert.True((await Client.ServerReadyAsync(new())).Ready);
        _gateway.Standing = ClusterStanding.Outside;
        Assert.True((await Client.ServerReadyAsync(new())).Ready);
        var server = await Client.ServerMetadataAsync(new());
        Assert.Equal("actortrainer", server.Name);
        Assert.Equal(["binary_tensor_data", "classification"], server.Extensions);
        _gateway.LoseJournal();
        Assert.False((await Client.ServerReadyAsync(new())).Ready);
    }

    [Fact]
    public async Task Model_metadata_and_ready()
    {
        foreach (string version in new[] { "", _version })
        {
            var model = await Client.ModelMetadataAsync(new() { Name = "birds", Version = version });
            Assert.Equal(("birds", _version), (model.Name, Assert.Single(model.Versions)));
            Assert.Equal("image UINT8 -1,8,8,1", Of(Assert.Single(model.Inputs)));
            Assert.Equal(["probabilities FP32 -1,3", "labels BYTES -1,3"], model.Outputs.Select(Of));
        }

        for (int i = 0; i < 200 && !(await Client.ModelReadyAsync(new() { Name = "birds" })).Ready; i++) await Task.Delay(20);
        Assert.True((await Client.ModelReadyAsync(new() { Name = "birds", Version = _version })).Ready);

        static string Of(ModelMetadataResponse.Types.TensorMetadata tensor) => $"{tensor.Name} {tensor.Datatype} {string.Join(',', tensor.Shape)}";
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inference_with_bytes_and_with_numbers(bool raw)
    {
        var answer = await Client.ModelInferAsync(Request(raw));
        Assert.Equal(("birds", _version, "42"), (answer.ModelName, answer.ModelVersion, answer.Id));
        Assert.Equal(["probabilities FP32 1,3", "labels BYTES 1,3"], answer.Outputs.Select(output => $"{output.Name} {output.Datatype} {string.Join(',', output.Shape)}"));
        Assert.True(MemoryMarshal.Cast<byte, float>(answer.RawOutputContents[0].Span)[2] > 0.9f);
        Assert.Equal("\u0004\0\0\0crow\u0007\0\0\0owl <b>\u0004\0\0\0wren", answer.RawOutputContents[1].ToStringUtf8());
    }

    [Fact]
    public async Task Some_outputs_only_and_their_best_classes()
    {
        var request = Request();
        request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "probabilities", Parameters = { ["classification"] = new() { Int64Param = 1 } } });
        var answer = await Client.ModelInferAsync(request);
        Assert.Equal("probabilities BYTES 1,1", $"{answer.Outputs.Single().Name} {answer.Outputs.Single().Datatype} {string.Join(',', answer.Outputs.Single().Shape)}");
        Assert.EndsWith(":2:wren", Assert.Single(answer.RawOutputContents).ToStringUtf8(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_may_come_compressed()
    {
        var answer = await Client.ModelInferAsync(Request(), new Metadata { { "grpc-internal-encoding-request", "gzip" } });
        Assert.Equal("birds", answer.ModelName);
    }

    [Fact]
    public async Task What_is_wrong_has_a_code_and_the_same_sentence_as_over_rest()
    {
        await IsError(StatusCode.NotFound, "There is no model 'fish'", Client.ModelMetadataAsync(new() { Name = "fish" }).ResponseAsync);
        await IsError(StatusCode.NotFound, "no version '7'", Client.ModelReadyAsync(new() { Name = "birds", Version = "7" }).ResponseAsync);
        await IsError(StatusCode.InvalidArgument, "One input is needed", Infer(request => request.Inputs.Clear()));
        await IsError(StatusCode.InvalidArgument, "One input is needed", Infer(request => request.Inputs[0].Name = "x"));
        await IsError(StatusCode.InvalidArgument, "UINT8, not FP32", Infer(request => request.Inputs[0].Datatype = "FP32"));
        await IsError(StatusCode.InvalidArgument, "[N, H, W, C]", Infer(request => request.Inputs[0].Shape.Add(1)));
        await IsError(StatusCode.InvalidArgument, "this model takes", Infer(request => (request.Inputs[0].Shape[1], request.Inputs[0].Shape[2]) = (4, 16)));
        await IsError(StatusCode.InvalidArgument, "64 values by its shape", Infer(request => request.RawInputContents[0] = ByteString.CopyFrom(1)));
        await IsError(StatusCode.InvalidArgument, "0 in uint_contents", Infer(request => request.RawInputContents.Clear()));
        await IsError(StatusCode.InvalidArgument, "from 0 to 255", Infer(request =>
        {
            request.RawInputContents.Clear();
            request.Inputs[0].Contents = new() { UintContents = { Enumerable.Repeat(256u, 64) } };
        }));
        await IsError(StatusCode.InvalidArgument, "shared memory", Infer(request => request.Inputs[0].Parameters["shared_memory_region"] = new() { StringParam = "r" }));
        await IsError(StatusCode.InvalidArgument, "The outputs are", Infer(request => request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "x" })));
        await IsError(StatusCode.DeadlineExceeded, "No answer within 0.000001 s", Infer(request => request.Parameters["timeout"] = new() { Int64Param = 1 }));
        await IsError(StatusCode.ResourceExhausted, "", Infer(request => request.RawInputContents[0] = ByteString.CopyFrom(new byte[(16 << 20) + 1])));
        Assert.Empty(_gateway.Said);
    }

    /// <summary>What Triton's clients ask for beyond the protocol.</summary>
    [Fact]
    public async Task A_method_that_there_is_not_is_unimplemented()
    {
        var nothing = Marshallers.Create(_ => Array.Empty<byte>(), bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "inference.GRPCInferenceService", "ModelConfig", nothing, nothing);
        await IsError(StatusCode.Unimplemented, "nothing at this address", _channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, []).ResponseAsync);
    }

    [Fact]
    public async Task What_the_node_can_not_do_is_told_with_its_reason()
    {
        Directory.Delete(_gateway.Runs.Runs[new("birds")].CheckpointFolder, recursive: true);
        await IsError(StatusCode.Unavailable, "manifest.json is missing", Client.ModelMetadataAsync(new() { Name = "birds" }).ResponseAsync);
    }

    [Fact]
    public async Task A_key_is_asked_for_where_keys_are_and_health_needs_none()
    {
        string reader = ApiKey.NewSecret();
        await using var gateway = await TestGateway.StartAsync(settings => settings with { Grpc = 0, Keys = [new(ApiScope.Read, ApiKey.HashOf(reader))], RateLimit = new(1, 1) });
        using var channel = GrpcChannel.ForAddress(gateway.RpcUrl!);
        gateway.Runs.WithModel("birds", Wren);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        for (int i = 0; i < 5; i++) Assert.True((await client.ServerLiveAsync(new())).Live);
        Assert.Equal("actortrainer", (await client.ServerMetadataAsync(new())).Name);
        await IsError(StatusCode.Unauthenticated, "This cluster asks for a key", client.ModelInferAsync(Request()).ResponseAsync);
        var key = new Metadata { { "authorization", $"Bearer {reader}" } };
        Assert.Equal("birds", (await client.ModelInferAsync(Request(), key)).ModelName);
        for (int i = 0; ; i++)
        {
            try
            {
                await client.ModelMetadataAsync(new() { Name = "birds" }, key);
                Assert.True(i < 1000, "1000 calls, and none was refused.");
            }
            catch (RpcException e)
            {
                Assert.Equal((StatusCode.ResourceExhausted, true), (e.StatusCode, e.Status.Detail.StartsWith("More than 1 requests a second", StringComparison.Ordinal)));
                break;
            }
        }
    }

    [Fact]
    public async Task Where_no_port_is_named_nobody_listens()
    {
        await using var gateway = await TestGateway.StartAsync();
        Assert.Null(gateway.RpcUrl);
    }

    private Task<ModelInferResponse> Infer(Action<ModelInferRequest> change)
    {
        var request = Request();
        change(request);
        return Client.ModelInferAsync(request).ResponseAsync;
    }

    private static ModelInferRequest Request(bool raw = true)
    {
        var request = new ModelInferRequest { ModelName = "birds", Id = "42", Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "UINT8", Shape = { 1, Side, Side, 1 } } } };
        if (raw) request.RawInputContents.Add(ByteString.CopyFrom(White));
        else request.Inputs[0].Contents = new() { UintContents = { White.Select(pixel => (uint)pixel) } };
        return request;
    }

    private static async Task IsError(StatusCode code, string detail, Task answer)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => answer);
        Assert.True(error.StatusCode == code, error.ToString());
        Assert.Contains(detail, error.Status.Detail, StringComparison.Ordinal);
    }
}

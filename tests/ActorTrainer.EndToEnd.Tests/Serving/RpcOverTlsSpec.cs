using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Text.RegularExpressions;
using ActorTrainer.Api.Inference.Rpc;
using ActorTrainer.EndToEnd.Tests.Cluster;
using ActorTrainer.EndToEnd.Tests.Processes;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using static ActorTrainer.Api.Inference.Rpc.GRPCInferenceService;

namespace ActorTrainer.EndToEnd.Tests.Serving;

/// <summary>gRPC as others reach it: by a node's file with certificates and keys, in a cluster and in a process by itself.</summary>
[Collection(ProcessTests.Name)]
public sealed partial class RpcOverTlsSpec : IDisposable
{
    private readonly Workshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void The_documentation_shows_code_that_compiles() => ShownCode.IsIn("RpcSample.cs", "System.Security.Cryptography.X509Certificates", "Grpc.Net.Client");

    [Fact]
    public async Task Whoever_trusts_the_authority_and_has_a_key_is_answered_and_nobody_else()
    {
        (await _workshop.Train("--set", "experiment.training.phases.0.epochs=1", "--set", "experiment.checkpoint.every-steps=null")).Returns(0);
        TestCertificates.Write(_workshop, "tls");
        TestCertificates.Write(_workshop, "other");
        var key = new Metadata { { "authorization", $"Bearer {await GuardedNode.NewKeyAsync(_workshop)}" } };
        string file = GuardedNode.WriteFile(_workshop, "tls", "grpc = 0, http = 0");
        foreach (string[] command in new[] { new[] { "node", "--port", $"{TestCluster.FreePort()}" }, ["serve"] })
        {
            using var program = RunningProgram.Start(_workshop.Folder, [.. command, "--config", file, "--runs", _workshop.Runs]);
            await program.Until("it listens", () => Address().IsMatch(program.Error));
            string address = Address().Match(program.Error).Groups[1].Value;

            using var trusted = RpcSample.Connect(address, Authority("tls"));
            var client = new GRPCInferenceServiceClient(trusted);
            Assert.True((await client.ServerLiveAsync(new())).Live);
            var answer = await client.ModelInferAsync(Request(), key);
            Assert.Equal((Workshop.Tiny, "42"), (answer.ModelName, answer.Id));
            Assert.Equal("1,4", string.Join(',', answer.Outputs[0].Shape));
            Assert.Equal(1, MemoryMarshal.Cast<byte, float>(answer.RawOutputContents[0].Span).ToArray().Sum(), 4);

            var without = await Refused(trusted, null);
            Assert.Equal((StatusCode.Unauthenticated, true), (without.StatusCode, without.Status.Detail.StartsWith("This cluster asks for a key", StringComparison.Ordinal)));
            var wrong = await Refused(trusted, new() { { "authorization", "Bearer atk_wrong" } });
            Assert.Equal((StatusCode.Unauthenticated, "This cluster does not know the key that was given."), (wrong.StatusCode, wrong.Status.Detail));

            using var foreign = RpcSample.Connect(address, Authority("other"));
            Assert.IsType<AuthenticationException>((await Refused(foreign, key)).GetBaseException());
            using var open = GrpcChannel.ForAddress(address.Replace("https:", "http:", StringComparison.Ordinal));
            Assert.NotEqual(StatusCode.OK, (await Refused(open, null)).StatusCode);
            Assert.Equal(Workshop.Tiny, (await client.ModelInferAsync(Request(), key)).ModelName);
            program.Signal(PosixSignal.SIGTERM);
            (await program.Ended()).Returns(0);
        }
    }

    private string Authority(string folder) => Path.Combine(_workshop.Folder, folder, "ca.pem");

    private static async Task<RpcException> Refused(GrpcChannel channel, Metadata? key) =>
        await Assert.ThrowsAsync<RpcException>(() => new GRPCInferenceServiceClient(channel).ModelInferAsync(Request(), key).ResponseAsync);

    /// <summary>One black picture.</summary>
    private static ModelInferRequest Request() => new()
    {
        ModelName = Workshop.Tiny,
        Id = "42",
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "image", Datatype = "UINT8", Shape = { 1, 32, 32, 1 } } },
        RawInputContents = { ByteString.CopyFrom(new byte[32 * 32]) },
    };

    [GeneratedRegex(@"By gRPC on (https://127\.0\.0\.1:\d+)")]
    private static partial Regex Address();
}

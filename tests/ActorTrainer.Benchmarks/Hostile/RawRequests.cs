using System.Text;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>What no client sends: cut off requests, lengths that lie, broken chunks, endless headers, noise.</summary>
internal sealed class RawRequests(string model)
{
    public HostileRequest Next(ref RandomStream random)
    {
        string head = $"POST /v1/models/{model}:predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: image/png\r\n";
        byte[] bytes = random.NextInt32(11) switch
        {
            0 => Mutation.Noise(ref random, 5000),
            1 => Mutation.Damage(ref random, head + "Content-Length: 4\r\n\r\nabcd"),
            2 => Encoding.UTF8.GetBytes(head + $"Content-Length: {Mutation.Of(ref random, "1000", "-1", "99999999999999999999", "4, 5", "0x10")}\r\n\r\nabcd"),
            3 => Encoding.UTF8.GetBytes(head + "Transfer-Encoding: chunked\r\n\r\n" + Mutation.Of(ref random, "4\r\nabcd\r\n", "FFFFFFFFFFFFFFFF\r\nab", "-1\r\n", "zz\r\n", "4\r\nabcdefgh\r\n0\r\n\r\n", "4;" + new string('e', 20_000))),
            4 => Encoding.UTF8.GetBytes(head + Mutation.Repeat("X-Many: y\r\n", 200) + "\r\n"),
            5 => Encoding.UTF8.GetBytes(head + "X-Long: " + new string('y', 40_000) + "\r\n\r\n"),
            6 => Encoding.UTF8.GetBytes($"GET /{new string('p', 20_000)} HTTP/1.1\r\nHost: x\r\n\r\n"),
            7 => Encoding.UTF8.GetBytes(head + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n"),
            8 => Encoding.UTF8.GetBytes($"GET /v1/experiments/{model}/events HTTP/1.1\r\nHost: x\r\n\r\n"),      // and is gone after the first bytes
            9 => Encoding.UTF8.GetBytes($"GET /v1/models/{model}/weights HTTP/1.1\r\nHost: x\r\n\r\n"),
            _ => Mutation.Damage(ref random, Mutation.Of(ref random, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u0016\u0003\u0001\u0002", "GET http://other/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")),
        };
        return new("RAW", "") { Raw = bytes };
    }
}

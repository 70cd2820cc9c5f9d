using System.Globalization;
using System.Text;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>To the Open Inference Protocol: tensors in JSON and in binary, with shapes, types and lengths that do not fit each other.</summary>
internal sealed class TensorRequests(string model, int side, int channels)
{
    private static readonly string[] Shapes =
        ["[]", "[0,1,1,1]", "[-1,32,32,1]", "[1,32,32]", "[1,32767,32767,3]", "[128,32767,32767,3]", "[2147483647,2,2,1]", "[1e3,1,1,1]", "[1,1,1,1]", "[99999999999999999999,1,1,1]", "null", "\"\"", "[1.5,1,1,1]", "[[1]]", "{}"];

    private static readonly string[] Data = ["[]", "[256]", "[-1]", "[0.5]", "[null]", "[[[[0]]]]", "{}", "\"AAAA\"", "[1e400]", Mutation.Repeat("[", 60) + Mutation.Repeat("]", 60), Mutation.Repeat("[", 3000)];

    public HostileRequest Next(ref RandomStream random)
    {
        string target = Mutation.Fill(ref random, random.NextInt32(4) == 0 ? "/v2/models/§/versions/§/infer" : "/v2/models/" + model + "/infer?timeout=§", "3", model);
        string shape = random.NextInt32(2) == 0 ? $"[1,{side},{side},{channels}]" : Mutation.Of<string>(ref random, Shapes);
        return random.NextInt32(2) == 0 ? Text(ref random, target, shape) : Binary(ref random, target, shape);
    }

    private HostileRequest Text(ref RandomStream random, string target, string shape)
    {
        string data = random.NextInt32(2) == 0 ? $"[{string.Join(',', Enumerable.Range(0, side * side * channels).Select(i => i & 255))}]" : Mutation.Of<string>(ref random, Data);
        string id = Mutation.Of(ref random, "\"1\"", "\"\\ud800\"", "\"\\u0000\"", "7", "\"" + new string('i', 2000) + "\"", "{}"), output = Mutation.Of(ref random, "", ",\"outputs\":[{\"name\":\"labels\"}]", ",\"outputs\":[{\"name\":\"\\udfff\"}]",
            ",\"outputs\":[1]", ",\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":\"x\"}}]", ",\"parameters\":{\"binary_data_output\":true}", ",\"\\ud800\":1", $",\"outputs\":[{Mutation.Repeat("{\"name\":\"labels\"},", 3000)}{{\"name\":\"labels\"}}]");
        string type = Mutation.Of(ref random, "UINT8", "UINT8", "FP32", "BYTES", "\\ud8ff"), json = $"{{\"id\":{id},\"inputs\":[{{\"name\":\"image\",\"shape\":{shape},\"datatype\":\"{type}\",\"data\":{data}}}]{output}}}";
        return new("POST", target, random.NextInt32(2) == 0 ? Encoding.UTF8.GetBytes(json) : Mutation.Damage(ref random, json), "application/json");
    }

    private HostileRequest Binary(ref RandomStream random, string target, string shape)
    {
        int bytes = side * side * channels;
        string size = random.NextInt32(2) == 0 ? $"{bytes}" : Mutation.Of(ref random, "-1", "0", "1e3", "\"4\"", "9223372036854775807", "null", "99999999999999999999");
        byte[] json = Encoding.UTF8.GetBytes($"{{\"inputs\":[{{\"name\":\"image\",\"shape\":{shape},\"datatype\":\"UINT8\",\"parameters\":{{\"binary_data_size\":{size}}}}}]}}");
        byte[] tensor = random.NextInt32(2) == 0 ? new byte[bytes] : Mutation.Noise(ref random, 2 * bytes);
        string length = random.NextInt32(2) == 0 ? json.Length.ToString(CultureInfo.InvariantCulture) : Mutation.Of(ref random, "-1", "0", "1", "99999999", "x", "2147483648", $"{json.Length - 1}", "+7", " 7", "");
        return new("POST", target, [.. json, .. tensor], "application/octet-stream", ("Inference-Header-Content-Length", length));
    }
}

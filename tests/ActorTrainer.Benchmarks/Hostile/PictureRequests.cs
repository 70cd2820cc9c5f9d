using System.Text;
using ActorTrainer.Benchmarks.Micro;
using ActorTrainer.Core.Randomness;

namespace ActorTrainer.Benchmarks.Hostile;

/// <summary>To <c>:predict</c>: pictures, forms and base64, whole and damaged, under all kinds of names.</summary>
internal sealed class PictureRequests(string model)
{
    private readonly byte[] _jpeg = SomePictures.Jpeg(1);
    private static readonly byte[] Gif = Convert.FromBase64String("R0lGODlhAQABAIAAAP///wAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==");

    /// <summary>A PNG's beginning that promises 4,294,967,295 x 4,294,967,295 pixels.</summary>
    private static readonly byte[] Vast = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, 0, 0, 0, 13, (byte)'I', (byte)'H', (byte)'D', (byte)'R', 255, 255, 255, 255, 255, 255, 255, 255, 8, 2, 0, 0, 0];

    public HostileRequest Next(ref RandomStream random)
    {
        string target = Mutation.Fill(ref random, random.NextInt32(3) == 0 ? "/v1/models/§/versions/§:predict" : "/v1/models/" + model + ":predict?top=§&timeout=§", "5", "9");
        byte[] picture = Mutation.Damage(ref random, Mutation.Of<byte[]>(ref random, _jpeg, Gif, Vast, "<svg/>"u8.ToArray()));
        return random.NextInt32(4) switch
        {
            0 => new("POST", target, picture, Mutation.Of(ref random, "image/jpeg", "image/png", "image/", "application/octet-stream", "text/html", "image/jpeg; charset=\"", "", "application/json; a=b; a=b")),
            1 => new("POST", target, Form(ref random, picture), Mutation.Of(ref random, "multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; boundary=\"\"", $"multipart/form-data; boundary={new string('b', 200)}")),
            2 => new("POST", target, Mutation.Damage(ref random, $"{{\"images\": [\"{Convert.ToBase64String(picture)}\"]}}"), "application/json"),
            _ => new("POST", target, Encoding.UTF8.GetBytes(Mutation.Of(ref random, "{\"images\": null}", "{\"images\": [null]}", "{\"images\": []}", "[]", "null", "{\"images\": \"AA==\"}", "{\"images\": [1]}", "{\"images\": [\"\\ud800\"]}",
                Mutation.Repeat("[", 5000), $"{{\"images\": [{Mutation.Repeat("\"\",", 200)}\"\"]}}")), "application/json", ("Routing-Key", Mutation.Of<string>(ref random, Mutation.Words))),
        };
    }

    private static byte[] Form(ref RandomStream random, byte[] picture)
    {
        string name = Mutation.Of<string>(ref random, Mutation.Words), disposition = Mutation.Of(ref random, "form-data; name=\"files\"; filename=\"§\"", "form-data; name=§", "attachment", "", "form-data; filename*=UTF-8''%ff§");
        byte[] head = Encoding.UTF8.GetBytes($"--x\r\nContent-Disposition: {disposition.Replace("§", name, StringComparison.Ordinal)}\r\nContent-Type: image/jpeg\r\n\r\n");
        return Mutation.Damage(ref random, [.. head, .. picture, .. "\r\n--x--\r\n"u8]);
    }
}

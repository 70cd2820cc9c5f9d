using System.Text.Json;
using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests;

public sealed class CoreJsonSpec
{
    private static readonly object Line = new { File = "caf\u00e9/it's <1> & \"2\".png", Step = new StepNumber(3) };

    [Fact]
    public void What_people_read_has_text_as_it_is() =>
        Assert.Equal("{\"file\":\"caf\u00e9/it's <1> & \\\"2\\\".png\",\"step\":3}", JsonSerializer.Serialize(Line, CoreJson.Readable));

    /// <summary>Bytes that are in journals already.</summary>
    [Fact]
    public void What_the_journal_holds_is_ascii_as_it_always_was() =>
        Assert.Equal("{\"file\":\"caf\\u00E9/it\\u0027s \\u003C1\\u003E \\u0026 \\u00222\\u0022.png\",\"step\":3}", JsonSerializer.Serialize(Line, CoreJson.Options));

    [Fact]
    public void Both_read_back_to_the_same() => Assert.Equal(
        JsonDocument.Parse(JsonSerializer.Serialize(Line, CoreJson.Options)).RootElement.GetProperty("file").GetString(),
        JsonDocument.Parse(JsonSerializer.Serialize(Line, CoreJson.Readable)).RootElement.GetProperty("file").GetString());
}

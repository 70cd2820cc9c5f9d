using ActorTrainer.Core.Experiments;

namespace ActorTrainer.Core.Tests.Experiments.Hocon;

public class HoconErrorSpec
{
    [Theory]
    [InlineData("a = [1, 2\nb = 3", "1:5 this '[' is not closed: '=' in line 2 can't stand inside it")]
    [InlineData("a = [1, 2", "1:5 this '[' is never closed")]
    [InlineData("a {\n  b = 1\n", "1:3 this '{' is never closed")]
    [InlineData("a {\n  b {\n    c = 1\n  d = 2\n}\n", "2:5 this '{' is never closed")]
    [InlineData("a { b = 1 ]", "1:3 this '{' is not closed: ']' in line 1 can't stand inside it")]
    [InlineData("a = 1 }", "1:7 this '}' closes nothing")]
    [InlineData("{ a = 1 } }", "1:11 this '}' closes nothing")]
    [InlineData("a = \"open\nb = 1", "1:5 this string is not closed on its line; a string over several lines needs three quotes")]
    [InlineData("a = 1\nb = \"\"\"open\nc = 1", "2:5 this \"\"\" is never closed")]
    [InlineData("a = ${b\nc = 1", "1:5 this '${' is not closed on its line")]
    [InlineData("a = \"\\q\"", "1:5 '\\q' is no escape; a backslash itself is written '\\\\'")]
    [InlineData("a = layer4.*", "1:12 '*' needs quotes: put the whole text between \" and \"")]
    [InlineData("seed 42", "1:6 expected '=' or '{' after the key 'seed', found '42'")]
    [InlineData("a =", "1:4 expected a value, found the end of the file")]
    [InlineData("a = , b = 1", "1:5 expected a value, found ','")]
    [InlineData("a = 1,, b = 2", "1:7 expected a key, found ','")]
    [InlineData("a = 1 b = 2", "1:9 expected a line end or ',', found '='")]
    [InlineData("a..b = 1", "1:1 not a key: an element between dots is empty")]
    [InlineData("[1, 2]", "1:1 expected a key, found '['")]
    [InlineData("a = ${b}", "1:5 ${b} is neither in the file nor in the environment; ${?b} would be left out quietly")]
    [InlineData("a = ${b}\nb = ${a}", "2:5 ${a} leads back to itself")]
    [InlineData("a = 1\nb = ${a}\na = ${b}", "3:5 ${b} leads back to itself")]
    [InlineData("a = ${a}", "1:5 ${a} leads back to itself")]
    [InlineData("a = ${a..b}", "1:5 'a..b' is not a path: an element between dots is empty")]
    [InlineData("a = [1] 2", "1:9 a list and 2 can't be joined: a ',' or a line end is missing between them")]
    [InlineData("a = 1\na += 2", "2:6 '+=' adds to a list, and this key holds 1")]
    [InlineData("include url(\"http://x\")", "1:1 'url(' can't be included: files only")]
    [InlineData("include required(\"missing.conf\")", "1:1 the file '/files/missing.conf' is not there")]
    [InlineData("x = 1\ninclude \"main.conf\"", "2:1 'main.conf' includes itself: main.conf > main.conf")]
    public void Is_found_at_its_place(string text, string error) => Assert.Equal(error, Read.Errors(text)[0]);

    [Fact]
    public void A_missing_brace_is_looked_for_by_indentation() => Assert.Equal(
        ["2:8 this '{' is never closed"],
        Read.Errors("""
            experiment {
              data {
                train = x
              model {
                architecture = y
              }
            }
            """));

    [Fact]
    public void Several_bad_words_are_all_told() => Assert.Equal(2, Read.Errors("a = x*\nb = 1\nc = y?").Length);

    [Fact]
    public void An_include_circle_over_files_is_told_with_its_way()
    {
        var sources = new MemorySources { Files = { ["/files/a.conf"] = "include \"b.conf\"", ["/files/b.conf"] = "\n  include \"a.conf\"" } };
        Assert.Equal(["2:3 'a.conf' includes itself: main.conf > a.conf > b.conf > a.conf"], Read.Errors("include \"a.conf\"", sources));
    }

    [Fact]
    public void An_error_in_an_included_file_names_that_file()
    {
        var sources = new MemorySources { Files = { ["/files/sub/part.conf"] = "a = [1" } };
        var reading = ExperimentFile.Parse("include \"sub/part.conf\"", "main.conf", sources: new Relocated(sources));
        Assert.Equal("sub/part.conf:1:5: this '[' is never closed", Assert.Single(reading.Errors).ToString());
    }

    [Fact]
    public void An_isolated_reading_takes_neither_includes_nor_environment()
    {
        Assert.Equal(["1:1 includes are not read here: send the resolved file"], Read.Errors("include \"/etc/passwd\"", ConfigurationSources.Isolated));
        Assert.Equal(["1:5 ${PATH} is not in the file (the environment is not read here)"], Read.Errors("a = ${PATH}", ConfigurationSources.Isolated));
        Assert.Empty(Read.Errors("a = ${?PATH}", ConfigurationSources.Isolated));
    }

    [Fact]
    public void Nesting_expansion_length_and_includes_are_bounded()
    {
        Assert.Contains("nested more than 64 deep", Read.Errors(string.Concat(Enumerable.Repeat("a {", 100_000)))[0]);
        Assert.Contains("nested more than 64 deep", Read.Errors("a = " + new string('[', 100_000))[0]);
        Assert.Contains("nested more than 64 deep", Read.Errors(string.Join('.', Enumerable.Repeat("a", 100_000)) + " = 1")[0]);
        Assert.Contains("longer than 1048576", Read.Errors(new string('#', (1 << 20) + 1))[0]);

        string laughs = "a0 = lol\n" + string.Join('\n', Enumerable.Range(1, 60).Select(i => $"a{i} = ${{a{i - 1}}}${{a{i - 1}}}"));
        Assert.Contains("expand to too much", Assert.Single(Read.Errors(laughs)));
        string lists = "a0 = [1]\n" + string.Join('\n', Enumerable.Range(1, 60).Select(i => $"a{i} = ${{a{i - 1}}}${{a{i - 1}}}"));
        Assert.Contains("expand to too much", Assert.Single(Read.Errors(lists)));
        string chain = "a0 = 1\n" + string.Join('\n', Enumerable.Range(1, 5_000).Select(i => $"a{i} = [[[[${{a{i - 1}}}]]]]"));
        Assert.Contains("lead too deep", Assert.Single(Read.Errors(chain)));

        var many = new MemorySources { Files = { ["/files/x.conf"] = "x = 1" } };
        Assert.Contains("more than 64 includes", Read.Errors(string.Concat(Enumerable.Repeat("include \"x.conf\"\n", 100)), many)[0]);
        var deep = new MemorySources();
        for (int i = 0; i < 40; i++) deep.Files[$"/files/{i}.conf"] = $"include \"{i + 1}.conf\"";
        Assert.Contains("within each other", Read.Errors("include \"0.conf\"", deep)[0]);
    }

    [Fact]
    public void A_file_of_rubbish_is_answered_with_at_most_a_hundred_errors() =>
        Assert.Equal(100, Read.Errors(string.Concat(Enumerable.Range(0, 1000).Select(i => $"k{i} = *\n"))).Length);

    [Fact]
    public void One_long_line_of_many_problems_costs_neither_time_nor_memory_without_bound()
    {
        string indented = new string(' ', 300_000) + string.Concat(Enumerable.Repeat("a{},", 150_000));
        Assert.Empty(Read.Errors(indented));
        var unknown = ExperimentFile.Parse("experiment { " + string.Concat(Enumerable.Range(0, 90_000).Select(i => $"k{i}=1,")) + "}", Read.File, sources: new MemorySources());
        Assert.Equal(100, unknown.Errors.Length);
        Assert.Same(unknown.Errors[0].SourceLine, unknown.Errors[^1].SourceLine);
        var named = ExperimentFile.Parse($"experiment {{ {new string('k', 900_000)} = 1 }}", Read.File, sources: new MemorySources());
        Assert.All(named.Errors, error => Assert.True(error.ToText().Length < 3_000));
    }

    /// <summary>The same files with /files as the working folder, so that names can be relative.</summary>
    private sealed class Relocated(MemorySources files) : ConfigurationSources
    {
        public override string WorkingFolder => "/files";
        public override string? Environment(string name) => files.Environment(name);
        public override string? ReadFile(string path, int mostBytes) => files.ReadFile(path, mostBytes);
    }
}

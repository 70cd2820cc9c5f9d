namespace ActorTrainer.Core.Tests.Experiments.Hocon;

public class HoconReaderSpec
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("{}", "{}")]
    [InlineData("a = 1, b : 2\nc { d = 3 }", "{ a = 1, b = 2, c { d = 3 } }")]
    [InlineData("{ \"a\": [1, 2.5, -3e2, true, null, \"x\"] }", "{ a = [1, 2.5, -3e2, true, null, x] }")]
    [InlineData("a = 1 # one\n// two\nb = 2 // three", "{ a = 1, b = 2 }")]
    [InlineData("a =\n\n 1", "{ a = 1 }")]
    [InlineData("a = [\n1\n2,\n3,\n]", "{ a = [1, 2, 3] }")]
    [InlineData("a = 1,\nb = 2\n,c = 3", "{ a = 1, b = 2, c = 3 }")]
    [InlineData("\r\na = 1\r\nb = x\r\n", "{ a = 1, b = x }")]
    [InlineData("a.b.c = 1\na.b.d = 2", "{ a { b { c = 1, d = 2 } } }")]
    [InlineData("a.\"b.c\".d = 1", "{ a { \"b.c\" { d = 1 } } }")]
    [InlineData("\"\" = 1", "{ \"\" = 1 }")]
    [InlineData("10.x = 1", "{ 10 { x = 1 } }")]
    [InlineData("a { b = 1 }\na { c = 2 }", "{ a { b = 1, c = 2 } }")]
    [InlineData("a { b = 1 }\na = 5\na { c = 2 }", "{ a { c = 2 } }")]
    [InlineData("a = { b = 1 }\na = null", "{ a = null }")]
    [InlineData("a = [1]\na = [2]", "{ a = [2] }")]
    [InlineData("a = data/clipart.zip/train", "{ a = \"data/clipart.zip/train\" }")]
    [InlineData("a = one  two three ", "{ a = \"one  two three\" }")]
    [InlineData("a = 1 2", "{ a = \"1 2\" }")]
    [InlineData("a = \"true\"", "{ a = \"true\" }")]
    [InlineData("a = \"x\\n\\u0041\\\"\"", "{ a = \"x\\nA\\\"\" }")]
    [InlineData("a = \"\"\"one\n\"two\" \\n\"\"\"\"", "{ a = \"one\\n\\\"two\\\" \\\\n\\\"\" }")]
    [InlineData("a = [1] [2, 3]", "{ a = [1, 2, 3] }")]
    [InlineData("a = { b = 1 } { c = 2 }", "{ a { b = 1, c = 2 } }")]
    [InlineData("a = 1e+5\nb = 1.5E-3", "{ a = 1e+5, b = 1.5E-3 }")]
    [InlineData("a = 0 1", "{ a = \"0 1\" }")]
    [InlineData("include = 1", "{ include = 1 }")]
    public void Text_means(string text, string tree) => Assert.Equal(tree, Read.Tree(text));

    [Theory]
    [InlineData("a = 1\nb = ${a}", "{ a = 1, b = 1 }")]
    [InlineData("b = ${a}\na = 1\na = 2", "{ b = 2, a = 2 }")]
    [InlineData("a { x = 1, y = ${a.x} }", "{ a { x = 1, y = 1 } }")]
    [InlineData("a { x = 1, y = ${a.x} }\na { x = 2 }", "{ a { x = 2, y = 2 } }")]
    [InlineData("root = /data\na = ${root}/train", "{ root = \"/data\", a = \"/data/train\" }")]
    [InlineData("a = ${?missing}", "{}")]
    [InlineData("a = 1\na = ${?missing}", "{ a = 1 }")]
    [InlineData("a = 1\na = ${?X}", "{ a = from-environment }")]
    [InlineData("a = [1, ${?missing}, 2]", "{ a = [1, 2] }")]
    [InlineData("a = x${?missing}y", "{ a = xy }")]
    [InlineData("a = ${X}", "{ a = from-environment }")]
    [InlineData("X = mine\na = ${X}", "{ X = mine, a = mine }")]
    [InlineData("path = one\npath = ${path}\":two\"", "{ path = \"one:two\" }")]
    [InlineData("a = [1]\na = ${a} [2]", "{ a = [1, 2] }")]
    [InlineData("a += 1\na += 2", "{ a = [1, 2] }")]
    [InlineData("a = [0]\na += [1]\na += { b = 2 }", "{ a = [0, [1], { b = 2 }] }")]
    [InlineData("base { x = 1, y = 1 }\na = ${base} { y = 2 }", "{ base { x = 1, y = 1 }, a { x = 1, y = 2 } }")]
    [InlineData("base { x = 1 }\na = ${base}\na { y = 2 }\nb = ${a.x}", "{ base { x = 1 }, a { x = 1, y = 2 }, b = 1 }")]
    [InlineData("a { c = 1 }\na = ${a.c}", "{ a = 1 }")]
    [InlineData("foo { a { c = 1 } }\nfoo = ${foo.a}\nfoo { a = 2 }", "{ foo { a = 2, c = 1 } }")]
    [InlineData("bar { foo = 42, baz = ${bar.foo} }\nbar { foo = 43 }", "{ bar { foo = 43, baz = 43 } }")]
    [InlineData("a = ${?b}\nb = ${?a}", "{}")]
    [InlineData("a = \"${b}\"\nb = 1", "{ a = \"${b}\", b = 1 }")]
    [InlineData("a = ${\"x.y\".z}\n\"x.y\" { z = 1 }", "{ a = 1, \"x.y\" { z = 1 } }")]
    [InlineData("a = ${ b }\nb = 1", "{ a = 1, b = 1 }")]
    public void Substitutions_mean(string text, string tree) =>
        Assert.Equal(tree, Read.Tree(text, new MemorySources { Variables = { ["X"] = "from-environment" } }));

    [Theory]
    [InlineData("include \"part.conf\"\nb = ${a}", "{ a = 1, nested { x = 7, y = 7 }, b = 1 }")]
    [InlineData("a = 0\ninclude file(\"part.conf\")\na = 2", "{ a = 2, nested { x = 7, y = 7 } }")]
    [InlineData("deep { include required(\"part.conf\") }", "{ deep { a = 1, nested { x = 7, y = 7 } } }")]
    [InlineData("deep { include required(file(\"part.conf\")) }\ndeep.nested.x = 8", "{ deep { a = 1, nested { x = 8, y = 8 } } }")]
    [InlineData("include \"sub/first.conf\"", "{ first = 1, second = 2 }")]
    [InlineData("include \"missing.conf\"\na = 1", "{ a = 1 }")]
    [InlineData("outer = 3\ndeep { include \"refers-out.conf\" }", "{ outer = 3, deep { x = 3 } }")]
    public void Includes_mean(string text, string tree) => Assert.Equal(tree, Read.Tree(text, Files()));

    private static MemorySources Files() => new()
    {
        Files =
        {
            ["/files/part.conf"] = "a = 1\nnested { x = 7, y = ${nested.x} }",
            ["/files/sub/first.conf"] = "first = 1\ninclude \"second.conf\"",
            ["/files/sub/second.conf"] = "second = 2",
            ["/files/refers-out.conf"] = "x = ${outer}",
        },
    };
}

using System.Text;

namespace ActorTrainer.Core.Experiments.Hocon;

/// <summary>Writes resolved values as HOCON that reads back to the same: one form only, so that equal trees are equal texts.</summary>
internal static class HoconWriter
{
    /// <summary>Over several lines, two spaces a level.</summary>
    public static string Document(HoconObject root)
    {
        var text = new StringBuilder();
        Fields(text, root, 0);
        return text.ToString();
    }

    /// <summary>On one line.</summary>
    public static string Inline(HoconNode node) => node switch
    {
        HoconScalar { Kind: HoconKind.Text } text => HoconString.Value(text.Text),
        HoconScalar scalar => scalar.Text,
        HoconArray array => $"[{string.Join(", ", array.Items.Select(Inline))}]",
        HoconObject { Count: 0 } => "{}",
        HoconObject fields => $"{{ {string.Join(", ", fields.Fields.Select(field => $"{HoconPath.Element(field.Key)}{(field.Value is HoconObject ? " " : " = ")}{Inline(field.Value)}"))} }}",
        _ => throw new ArgumentOutOfRangeException(nameof(node), node.GetType().Name, "not a resolved value"),
    };

    private static void Fields(StringBuilder text, HoconObject node, int level)
    {
        foreach (var field in node.Fields)
        {
            text.Append(' ', 2 * level).Append(HoconPath.Element(field.Key));
            switch (field.Value)
            {
                case HoconObject { Count: > 0 } nested:
                    text.Append(" {\n");
                    Fields(text, nested, level + 1);
                    text.Append(' ', 2 * level).Append("}\n");
                    break;
                case HoconArray array when array.Items.Any(item => item is HoconObject { Count: > 1 }):
                    text.Append(" = [\n");
                    foreach (var item in array.Items) Item(text, item, level + 1);
                    text.Append(' ', 2 * level).Append("]\n");
                    break;
                default:
                    text.Append(" = ").Append(Inline(field.Value)).Append('\n');
                    break;
            }
        }
    }

    private static void Item(StringBuilder text, HoconNode item, int level)
    {
        text.Append(' ', 2 * level);
        if (item is not HoconObject { Count: > 0 } nested)
        {
            text.Append(Inline(item)).Append('\n');
            return;
        }

        text.Append("{\n");
        Fields(text, nested, level + 1);
        text.Append(' ', 2 * level).Append("}\n");
    }
}

using Spectre.Console;

namespace ActorTrainer.Terminal;

/// <summary>Tables of plain text: nothing in a cell is markup, whatever a file or class is called.</summary>
internal static class Tables
{
    /// <param name="columns">A leading '>' aligns to the right.</param>
    public static Table Create(params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = true };
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            table.AddColumn(new TableColumn(new Text(right ? column[1..] : column, new Style(decoration: Decoration.Bold)))
            {
                Alignment = right ? Justify.Right : Justify.Left,
                NoWrap = right,
            });
        }

        return table;
    }

    public static void Row(this Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    /// <summary>Names and values, one a line, aligned.</summary>
    public static void Facts(this IAnsiConsole console, params IEnumerable<(string Name, string? Value)> facts)
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn { NoWrap = true });
        grid.AddColumn();
        foreach (var (name, value) in facts)
        {
            if (value is not null) grid.AddRow(new Text(name, new Style(decoration: Decoration.Dim)), new Text(value));
        }

        console.Write(grid);
    }

    public static void Heading(this IAnsiConsole console, string text)
    {
        console.WriteLine();
        console.Write(new Text(text, new Style(decoration: Decoration.Bold)));
        console.WriteLine();
    }
}

using System.Collections;
using System.Globalization;

namespace ActorTrainer.Core.Tests.Experiments;

/// <summary>Every value below an object as <c>path = value</c>: how records with arrays in them are compared.</summary>
internal static class Dump
{
    public static SortedDictionary<string, string> Of(object value)
    {
        var into = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(into, "", value);
        return into;
    }

    private static void Add(SortedDictionary<string, string> into, string path, object? value)
    {
        switch (value)
        {
            case null: into[path] = "null"; return;
            case double number: into[path] = number.ToString("R", CultureInfo.InvariantCulture); return;
            case string or ValueType when value is string || value.GetType().IsPrimitive || value.GetType().IsEnum: into[path] = value.ToString()!; return;
            case IEnumerable items:
                int i = 0;
                foreach (object item in items) Add(into, $"{path}.{i++}", item);
                into[path + ".#"] = i.ToString(CultureInfo.InvariantCulture);
                return;
        }

        into[path + ".type"] = value.GetType().Name;
        foreach (var property in value.GetType().GetProperties().Where(property => property.GetIndexParameters().Length == 0 && !property.GetMethod!.IsStatic))
            Add(into, $"{path}.{property.Name}", property.GetValue(value));
        foreach (var field in value.GetType().GetFields().Where(field => !field.IsStatic)) Add(into, $"{path}.{field.Name}", field.GetValue(value));
    }
}

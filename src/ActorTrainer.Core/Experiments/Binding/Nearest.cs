namespace ActorTrainer.Core.Experiments.Binding;

/// <summary>The nearest of some words by edit distance (insert, delete, replace, swap neighbours): what "did you mean" asks.</summary>
internal static class Nearest
{
    /// <summary>Null where even the nearest shares too little with <paramref name="word"/> to have been meant.</summary>
    public static string? Of(string word, IEnumerable<string> candidates)
    {
        if (word.Length > 64) return null;
        var (best, distance) = candidates
            .Select(candidate => (Candidate: candidate, Distance: Distance(word.ToLowerInvariant(), candidate)))
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.Candidate, StringComparer.Ordinal)
            .FirstOrDefault((Candidate: "", Distance: int.MaxValue));
        return distance <= Math.Max(2, (Math.Max(word.Length, best.Length) + 1) / 2) ? best : null;
    }

    internal static int Distance(string a, string b)
    {
        var (before, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (int j = 0; j <= b.Length; j++) last[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], last[j]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}

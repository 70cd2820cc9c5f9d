namespace ActorTrainer.Data.Sources;

/// <summary>Which files are pictures, by name. Whether they can be decoded is another question.</summary>
internal static class ImageFiles
{
    public const string Formats = "JPEG, PNG, BMP, WebP, GIF";

    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase) { ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".webp", ".gif" };
    private static readonly HashSet<string> Litter = new(StringComparer.OrdinalIgnoreCase) { "__MACOSX", "Thumbs.db", "desktop.ini" };

    /// <summary>Hidden files, and what file managers leave behind: not even worth a word that they were ignored.</summary>
    public static bool IsLitter(string path) => path.Split('/').Any(part => part.StartsWith('.') || Litter.Contains(part));

    public static bool IsImage(string path) => Extensions.Contains(Path.GetExtension(path)) && !IsLitter(path);
}

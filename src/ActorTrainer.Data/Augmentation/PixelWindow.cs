namespace ActorTrainer.Data.Augmentation;

/// <summary>A rectangle of pixels: where it begins and its size.</summary>
internal readonly record struct PixelWindow(int Left, int Top, int Width, int Height);

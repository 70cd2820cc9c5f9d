using ActorTrainer.Terminal;

namespace ActorTrainer.Commands;

/// <summary>What can't be undone is asked for on a terminal, and needs --yes elsewhere.</summary>
internal static class Consent
{
    public static bool Given(Screen screen, bool yes, string question)
    {
        if (yes) return true;
        if (!screen.CanAsk) throw new UsageException($"{question} Nobody can be asked here: say --yes.");
        if (screen.Confirm(question)) return true;
        screen.Say("Nothing was changed.");
        return false;
    }
}

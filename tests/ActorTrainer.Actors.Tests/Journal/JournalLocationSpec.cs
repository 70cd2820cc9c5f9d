using ActorTrainer.Actors.Journal;

namespace ActorTrainer.Actors.Tests.Journal;

public sealed class JournalLocationSpec
{
    private const string Secret = "s3cr:t@/";

    [Theory]
    [InlineData("postgres://ann:s3cr%3At%40%2F@db.example:6543/runs")]
    [InlineData("postgresql://ann:s3cr%3At%40%2F@db.example:6543/runs?SSL%20Mode=Prefer")]
    [InlineData("Host=db.example;Port=6543;Username=ann;Password=s3cr:t@/;Database=runs")]
    [InlineData("server=db.example;port=6543;user id=ann;password=s3cr:t@/;database=runs")]
    public void A_server_is_understood_and_shown_without_its_password(string text)
    {
        var journal = Assert.IsType<PostgreSqlJournal>(JournalLocation.Parse(text));
        Assert.True(journal.IsShared);
        Assert.Equal("runs on PostgreSQL at db.example:6543", journal.ToString());
        Assert.Contains(Secret, journal.ConnectionString, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, $"{journal}", StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_said_of_time_limits_holds()
    {
        Assert.Contains("Timeout=5", Text("Host=h"), StringComparison.Ordinal);
        Assert.Contains("Command Timeout=15", Text("Host=h"), StringComparison.Ordinal);
        Assert.Contains("Timeout=60", Text("Host=h;Timeout=60"), StringComparison.Ordinal);
        Assert.Contains("Command Timeout=90", Text("Host=h;Command Timeout=90"), StringComparison.Ordinal);

        static string Text(string location) => JournalLocation.Parse(location).ConnectionString;
    }

    [Fact]
    public void Anything_else_is_a_file()
    {
        var journal = Assert.IsType<SqliteJournal>(JournalLocation.Parse("some/journal.db"));
        Assert.Equal(Path.GetFullPath("some/journal.db"), journal.Path);
        Assert.False(journal.IsShared);
        Assert.Equal(new SqliteJournal("/runs/journal.db"), JournalLocation.Of("/runs"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("mysql://ann:s3cret@db/runs")]
    [InlineData("postgres:///runs")]
    [InlineData("Host=db;Pasword=s3cret")]
    [InlineData("Host=db;Port=s3cret")]
    public void What_is_not_understood_is_refused_without_repeating_it(string text)
    {
        var refused = Assert.Throws<JournalLocationException>(() => JournalLocation.Parse(text));
        Assert.Contains(JournalLocation.Variable, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_is_not_there_is_named()
    {
        var missing = Assert.Throws<JournalException>(() => JournalLocation.Parse("Host=/nowhere;Database=runs;Username=ann;Password=s3cret").Prepare());
        Assert.Contains("runs on PostgreSQL at /nowhere", missing.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", missing.Message, StringComparison.Ordinal);
    }
}

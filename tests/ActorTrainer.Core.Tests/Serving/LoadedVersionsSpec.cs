using ActorTrainer.Core.Registry;
using ActorTrainer.Core.Serving;

namespace ActorTrainer.Core.Tests.Serving;

public sealed class LoadedVersionsSpec
{
    private static readonly ModelVersionId Old = new(new("birds"), "old"), New = new(new("birds"), "new"), Other = new(new("cats"), "only");
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);
    private readonly LoadedVersions _versions = new(2, Rest);

    [Fact]
    public void The_first_request_loads_and_waits_and_the_second_only_waits()
    {
        Assert.Equal(new VersionChoice(Old, false, true, null), Choose(Old));
        Assert.Equal(new VersionChoice(Old, false, false, null), Choose(Old));
        _versions.Ready(Old);
        Assert.Equal(new VersionChoice(Old, true, false, null), Choose(Old));
    }

    [Fact]
    public void A_model_goes_on_with_the_version_that_it_has_until_the_next_is_ready()
    {
        Serve(Old);
        Assert.Equal(new VersionChoice(Old, true, true, null), Choose(New));
        Assert.Equal(new VersionChoice(New, false, false, null), _versions.Choose(New, exactly: true, TimeSpan.Zero));
        _versions.Ready(New);
        Assert.Equal(new VersionChoice(New, true, false, null), Choose(New));
        Assert.Equal(new VersionChoice(Old, true, false, null), Choose(Old));
    }

    [Fact]
    public void A_version_that_was_asked_for_exactly_does_not_stand_in_for_another()
    {
        Serve(Old);
        _versions.Choose(New, exactly: true, TimeSpan.Zero);
        _versions.Ready(New);
        _versions.Choose(New, exactly: true, TimeSpan.Zero);
        _versions.Broken(Old, "gone", TimeSpan.Zero);
        Assert.Equal("gone", Choose(Old).Problem);
    }

    [Fact]
    public void What_was_not_asked_for_the_longest_is_retired()
    {
        Serve(Old);
        Serve(New);
        Choose(Old);
        Choose(Other);
        Assert.Equal(New, Assert.Single(_versions.Ready(Other)));
        Assert.False(Choose(Old).Load);
        Assert.True(_versions.Choose(New, exactly: true, TimeSpan.Zero).Load);
    }

    [Fact]
    public void A_version_that_cannot_be_loaded_is_tried_again_after_a_rest()
    {
        Choose(Old);
        _versions.Broken(Old, "it is damaged", TimeSpan.Zero);
        Assert.Equal(new VersionChoice(null, false, false, "it is damaged"), Choose(Old));
        Assert.Equal(new VersionChoice(Old, false, true, null), _versions.Choose(Old, false, Rest));
    }

    [Fact]
    public void While_the_next_version_cannot_be_loaded_the_last_answers()
    {
        Serve(Old);
        Choose(New);
        _versions.Broken(New, "it is damaged", TimeSpan.Zero);
        Assert.Equal(new VersionChoice(Old, true, false, null), Choose(New));
        Assert.Equal("it is damaged", _versions.Choose(New, exactly: true, TimeSpan.Zero).Problem);
    }

    private void Serve(ModelVersionId version)
    {
        Choose(version);
        _versions.Ready(version);
        Choose(version);
    }

    private VersionChoice Choose(ModelVersionId version) => _versions.Choose(version, exactly: false, TimeSpan.Zero);
}

namespace SigmaFunctions.Documentation.Tests;

/// <summary>
/// The folders of each project stand in docs/architecture.md in an order in which each uses only those before it; so they form no circle.
/// What is in a project's own folder may use all of them, and none uses it.
/// </summary>
public sealed class RoomTests
{
    public static TheoryData<string> Projects() => [.. Rooms.Projects()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Each_folder_is_listed_once(string project)
    {
        var rooms = new Rooms(project);

        Assert.Equal([.. rooms.OnDisk(), Rooms.Roof], rooms.Documented().OrderBy(room => room == Rooms.Roof).ThenBy(room => room, StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_are_folders(string project) => Assert.Equal([], new Rooms(project).Misnamed());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Types_use_only_types_of_earlier_folders(string project)
    {
        var rooms = new Rooms(project);
        IReadOnlyList<string> order = rooms.Documented();
        IReadOnlyList<Use> uses = rooms.Uses();

        Assert.NotEmpty(uses);
        Assert.Equal([], uses.Where(use => IsLater(order, rooms.RoomOfType(use.To)!, rooms.RoomOfType(use.From)!)).Select(use => $"{use.From} uses {use.To}"));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Files_name_only_earlier_folders(string project)
    {
        var rooms = new Rooms(project);
        IReadOnlyList<string> order = rooms.Documented();

        Assert.Equal([], rooms.Directives().Where(use => IsLater(order, use.To, use.From)).Select(use => $"{use.File} is using {use.To}/"));
    }

    private static bool IsLater(IReadOnlyList<string> order, string used, string by) => PlaceOf(order, used) > PlaceOf(order, by);

    // What is not listed fails the test of the list, and here counts as last.
    private static int PlaceOf(IReadOnlyList<string> order, string room) => order.Append(room).ToList().IndexOf(room);
}

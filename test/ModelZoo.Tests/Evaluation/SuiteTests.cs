using ModelZoo.Evaluation.Tasks;

namespace ModelZoo.Tests.Evaluation;

public sealed class SuiteTests
{
    [Fact]
    public void Every_shipped_task_can_run()
    {
        var library = SuiteCatalogue.Library;
        Assert.All(library.Problems, problem => Assert.Contains("a part of others", problem.Message));
        var broken = library.TaskNames.SelectMany(name => library.FindTask(name)!.Defects).ToList();
        Assert.True(broken.Count == 0, string.Join("\n", broken));
        Assert.All(library.TaskNames, name => Assert.False(string.IsNullOrEmpty(library.FindTask(name)!.Version), name));
        Assert.All(library.TaskNames, name => Assert.NotEmpty(library.FindTask(name)!.Zoo.Columns));
    }

    [Theory]
    [InlineData("mmlu", 57)]
    [InlineData("blimp", 67)]
    [InlineData("glue", 10)]
    [InlineData("super_glue", 8)]
    [InlineData("hellaswag", 1)]
    [InlineData("mnist_test", 1)]
    public void Suites_have_their_tasks(string name, int count) => Assert.Equal(count, SuiteCatalogue.Find(name)!.Tasks.Count);

    [Fact]
    public void Blimp_has_twelve_phenomena() => Assert.Equal(12, SuiteCatalogue.Find("blimp")!.Group!.Members.Count);
}

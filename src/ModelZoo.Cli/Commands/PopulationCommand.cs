using System.CommandLine;
using ModelZoo.Cli.Populations;

namespace ModelZoo.Cli.Commands;

/// <summary>`zoo population …`: models by the hundred, made from one blueprint.</summary>
static class PopulationCommand
{
    public static Command Build() => new("population", "Make, show, analyse and export populations of models")
    {
        PlanCommand.Build(),
        PlanCommand.BuildTemplates(),
        GenerateCommand.Build(),
        GenerateCommand.BuildExtend(),
        MemberCommand.Build(),
        ScriptsCommand.Build(),
        ScriptsCommand.BuildCollect(),
        ShowCommand.Build(),
        ExportCommand.Build(),
        ImportCommand.Build(),
        AnalyseCommand.Build(),
    };
}

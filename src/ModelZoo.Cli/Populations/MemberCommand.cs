using System.CommandLine;
using ModelZoo.Learning.External;

namespace ModelZoo.Cli.Populations;

/// <summary>`zoo population member FOLDER`: trains the one member of a folder, as trainers outside do; nodes of a cluster run it.</summary>
static class MemberCommand
{
    public static Command Build()
    {
        var folder = new Argument<string>("FOLDER") { Description = "The member's folder, with member.json" };
        return LocalCall.On(new Command("member", "Train one member in the folder that `generate --trainer` or --slurm made for it") { folder }, call =>
            BuiltinMember.RunAsync(Path.GetFullPath(call.Get(folder)), call.Stop));
    }
}

using ModelZoo.Hub.Serving.Processes;

// A worker binds itself before anything else of the program runs.
return args is [Confinement.Command, .. var rest] ? Confinement.Enter(rest) : await ModelZoo.Cli.ZooCommand.RunAsync(args);

return await ModelZoo.Cli.ZooCommand.RunAsync(args);

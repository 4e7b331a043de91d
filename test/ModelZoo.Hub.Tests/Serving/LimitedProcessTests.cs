using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using ModelZoo.Hub.Serving.Processes;

namespace ModelZoo.Hub.Tests.Serving;

/// <summary>Worker processes: held by limits, and ended in words. A shell stands in for a model that misbehaves.</summary>
public sealed class LimitedProcessTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("zoo-worker-").FullName;
    readonly LimitedProcesses _processes = new(new HubOptions(), NullLogger<LimitedProcesses>.Instance);

    static ProcessLimits Limits => new() { MemoryBytes = 256 << 20, WallClock = TimeSpan.FromSeconds(60) };

    LimitedProcess Shell(string script, ProcessLimits? limits = null, Dictionary<string, string>? environment = null) =>
        _processes.StartProgram(["/bin/sh", "-c", script], _folder, limits ?? Limits, environment);

    static async Task<string> ReadAsync(LimitedProcess process) => await new StreamReader(process.Output, Encoding.UTF8).ReadToEndAsync();

    [Fact]
    public async Task The_program_itself_runs_as_a_worker_and_says_what_holds_it()
    {
        await using var process = _processes.Start(["--version"], _folder, Limits);
        var version = await ReadAsync(process);
        var exit = await process.Exit;
        Assert.True(exit.End == ProcessEnd.Done, $"{exit}");
        Assert.Matches(@"^\d+\.\d+", version);
        Assert.Contains("memory", await process.Confinement);
        Assert.Equal("", exit.ErrorTail);
    }

    [Fact]
    public async Task Input_and_output_are_pipes_and_errors_are_kept()
    {
        await using var process = Shell("cat; echo lost >&2; exit 3");
        await process.Input.WriteAsync("hello"u8.ToArray());
        process.Input.Close();
        Assert.Equal("hello", await ReadAsync(process));
        var exit = await process.Exit;
        Assert.Equal((ProcessEnd.Failed, 3, "lost\n"), (exit.End, exit.Code, exit.ErrorTail));
        Assert.Equal("It ended with code 3.", exit.Words);
    }

    [Fact]
    public async Task Nothing_of_the_hubs_environment_is_inherited()
    {
        Environment.SetEnvironmentVariable("MODELZOO_TEST_SECRET", "hunter2");
        await using var process = Shell("env", environment: new() { ["GIVEN"] = "this" });
        var variables = await ReadAsync(process);
        Assert.DoesNotContain("hunter2", variables);
        Assert.DoesNotContain("MODELZOO_TEST_SECRET", variables);
        Assert.Contains("GIVEN=this", variables);
        Assert.Contains($"HOME={_folder}", variables);
    }

    [Fact]
    public async Task Too_much_memory_ends_it_as_out_of_memory()
    {
        await using var process = Shell("x=$(head -c 2000000000 /dev/zero | tr '\\0' x); sleep 60", Limits with { MemoryBytes = 64 << 20 });
        var exit = await process.Exit;
        Assert.True(exit.End == ProcessEnd.OutOfMemory, $"{exit}");
        Assert.Equal("It needed more than its 64 MiB of memory.", exit.Words);
    }

    [Fact]
    public async Task An_endless_loop_ends_as_out_of_time_on_the_clock_and_on_the_processor()
    {
        await using var sleeper = Shell("sleep 600", Limits with { WallClock = TimeSpan.FromSeconds(1) });
        await using var spinner = Shell("while :; do :; done", Limits with { Cpu = TimeSpan.FromSeconds(1) });
        Assert.Equal((ProcessEnd.OutOfTime, "It took longer than its 1 seconds."), ((await sleeper.Exit).End, (await sleeper.Exit).Words));
        var spun = await spinner.Exit;
        Assert.True(spun.End == ProcessEnd.OutOfTime, $"{spun}");
        Assert.Equal("It used more than its 1 seconds of processor time.", spun.Words);
    }

    [Fact]
    public async Task A_crash_is_told_by_its_signal()
    {
        await using var process = Shell("kill -SEGV $$");
        var exit = await process.Exit;
        Assert.Equal((ProcessEnd.Crashed, "It was ended by a segmentation fault."), (exit.End, exit.Words));
    }

    [Fact]
    public async Task Stopping_takes_its_children_along()
    {
        var process = Shell("sleep 600 & echo $!; wait");
        var child = int.Parse((await new StreamReader(process.Output).ReadLineAsync())!);
        Assert.True(Directory.Exists($"/proc/{child}"));
        process.Stop();
        Assert.Equal(ProcessEnd.Stopped, (await process.Exit).End);
        for (var i = 0; i < 100 && IsAlive(child); i++) await Task.Delay(20);
        Assert.False(IsAlive(child));
        await process.DisposeAsync();
    }

    static bool IsAlive(int process) => File.Exists($"/proc/{process}/stat") && !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ");

    [Fact]
    public async Task Files_beyond_those_named_are_hidden_and_only_the_own_folder_is_written()
    {
        var given = Directory.CreateTempSubdirectory("zoo-given-").FullName;
        var hidden = Directory.CreateTempSubdirectory("zoo-hidden-").FullName;
        File.WriteAllText(Path.Combine(given, "a"), "model");
        File.WriteAllText(Path.Combine(hidden, "a"), "secret");
        await using var process = Shell($"cat {given}/a; cat {hidden}/a; echo x > {given}/b; echo y > {hidden}/b; echo z > own; cat own", Limits with { Readable = [given] });
        var output = await ReadAsync(process);
        if (!(await process.Confinement).Contains("Landlock")) Assert.Skip("This kernel has no Landlock.");
        Assert.Equal("modelz\n", output);
        Assert.False(File.Exists(Path.Combine(given, "b")) || File.Exists(Path.Combine(hidden, "b")));
        Directory.Delete(given, true);
        Directory.Delete(hidden, true);
    }

    [Fact]
    public async Task Without_the_network_no_socket_is_made()
    {
        const string script = "import socket\ntry:\n  socket.socket(); print('open')\nexcept OSError as e: print(e.errno)";
        if (!File.Exists("/usr/bin/python3")) Assert.Skip("There is no python3 to try sockets with.");
        await using var shut = _processes.StartProgram(["/usr/bin/python3", "-c", script], _folder, Limits);
        await using var open = _processes.StartProgram(["/usr/bin/python3", "-c", script], _folder, Limits with { Network = true });
        var answers = (await ReadAsync(shut), await ReadAsync(open));
        if (!(await shut.Confinement).Contains("seccomp")) Assert.Skip("This kernel does not filter calls.");
        Assert.Equal(("13\n", "open\n"), answers);
    }

    [Fact]
    public async Task Errors_without_an_end_are_bounded()
    {
        await using var process = Shell("head -c 3000000 /dev/zero | tr '\\0' x >&2; echo >&2; i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done >&2");
        var exit = await process.Exit;
        Assert.InRange(exit.ErrorTail.Length, 1, 20_000);
        Assert.EndsWith("line 1999\n", exit.ErrorTail);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

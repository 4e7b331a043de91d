namespace ModelZoo.Bench;

/// <summary>nginx as Debian ships it: sendfile on, one process that serves.</summary>
sealed class Nginx : IAsyncDisposable
{
    Nginx(ServerProcess process, int port) => (Process, Port) = (process, port);

    public ServerProcess Process { get; }

    public int Port { get; }

    /// <param name="files">The folder whose files it serves.</param>
    public static async Task<Nginx> StartAsync(string folder, string files)
    {
        var port = Ports.Free();
        var home = Directory.CreateDirectory(Path.Combine(folder, "nginx")).FullName;
        var configuration = Path.Combine(home, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            master_process off;
            worker_processes 1;
            pid {{home}}/nginx.pid;
            error_log {{home}}/error.log;
            events { worker_connections 512; }
            http {
                access_log off;
                sendfile on;
                tcp_nopush on;
                keepalive_requests 1000000;
                client_body_temp_path {{home}}/body;
                proxy_temp_path {{home}}/proxy;
                fastcgi_temp_path {{home}}/fastcgi;
                scgi_temp_path {{home}}/scgi;
                uwsgi_temp_path {{home}}/uwsgi;
                server {
                    listen 127.0.0.1:{{port}};
                    root {{files}};
                }
            }
            """);
        var program = File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
        var process = ServerProcess.Start(program, ["-p", home, "-e", $"{home}/error.log", "-c", configuration], Path.Combine(home, "output.log"));
        await File.WriteAllTextAsync(Path.Combine(files, "probe"), "ok");
        await process.WaitAsync($"http://127.0.0.1:{port}/probe");
        return new(process, port);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}

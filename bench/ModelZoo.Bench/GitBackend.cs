namespace ModelZoo.Bench;

/// <summary>git's own server program, as its manual sets it up: nginx, fcgiwrap, git http-backend.</summary>
sealed class GitBackend : IAsyncDisposable
{
    readonly ServerProcess _nginx, _wrap;

    GitBackend(ServerProcess nginx, ServerProcess wrap, int port, string repositories) => (_nginx, _wrap, Port, Repositories) = (nginx, wrap, port, repositories);

    public int Port { get; }

    /// <summary>The folder whose bare repositories it serves.</summary>
    public string Repositories { get; }

    public static async Task<GitBackend> StartAsync(string folder)
    {
        var port = Ports.Free();
        var home = Directory.CreateDirectory(Path.Combine(folder, "backend")).FullName;
        var repositories = Directory.CreateDirectory(Path.Combine(home, "repositories")).FullName;
        var socket = Path.Combine(home, "fcgi.sock");
        var program = File.Exists("/usr/lib/git-core/git-http-backend") ? "/usr/lib/git-core/git-http-backend" : "/usr/libexec/git-core/git-http-backend";
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
                client_max_body_size 0;
                client_body_temp_path {{home}}/body;
                proxy_temp_path {{home}}/proxy;
                fastcgi_temp_path {{home}}/fastcgi;
                scgi_temp_path {{home}}/scgi;
                uwsgi_temp_path {{home}}/uwsgi;
                server {
                    listen 127.0.0.1:{{port}};
                    location = /probe { return 200 "ok"; }
                    location / {
                        fastcgi_pass unix:{{socket}};
                        fastcgi_buffering off;
                        fastcgi_request_buffering off;
                        fastcgi_param SCRIPT_FILENAME {{program}};
                        fastcgi_param GIT_PROJECT_ROOT {{repositories}};
                        fastcgi_param GIT_HTTP_EXPORT_ALL "";
                        fastcgi_param PATH_INFO $uri;
                        fastcgi_param QUERY_STRING $query_string;
                        fastcgi_param REQUEST_METHOD $request_method;
                        fastcgi_param CONTENT_TYPE $content_type;
                        fastcgi_param CONTENT_LENGTH $content_length;
                        fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding;
                        fastcgi_param GIT_PROTOCOL $http_git_protocol;
                        fastcgi_param REMOTE_USER bench;
                        fastcgi_param REMOTE_ADDR $remote_addr;
                    }
                }
            }
            """);
        var wrapper = File.Exists("/usr/sbin/fcgiwrap") ? "/usr/sbin/fcgiwrap" : "fcgiwrap";
        // One worker: it forks none that would outlive it, and a client of git asks one thing after the other.
        var wrap = ServerProcess.Start(wrapper, ["-c", "1", "-s", $"unix:{socket}"], Path.Combine(home, "fcgiwrap.log"), new Dictionary<string, string> { ["HOME"] = home });
        var nginx = ServerProcess.Start(File.Exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx",
            ["-p", home, "-e", $"{home}/error.log", "-c", configuration], Path.Combine(home, "output.log"));
        await nginx.WaitAsync($"http://127.0.0.1:{port}/probe");
        return new(nginx, wrap, port, repositories);
    }

    public async ValueTask DisposeAsync()
    {
        await _nginx.DisposeAsync();
        await _wrap.DisposeAsync();
    }
}

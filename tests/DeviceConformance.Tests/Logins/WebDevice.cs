using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DeviceConformance.Tests.Logins;

/// <summary>A small web device on 127.0.0.1 that answers as a test wants.</summary>
internal sealed class WebDevice : IAsyncDisposable
{
    private readonly WebApplication _server;

    private WebDevice(WebApplication server) => _server = server;

    public int Port => new Uri(_server.Urls.First()).Port;

    /// <summary>Method and path of each request, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<WebDevice> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(IPAddress.Loopback, 0);
        });
        var server = builder.Build();
        var device = new WebDevice(server);
        server.Run(context =>
        {
            device.Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            return answer(context);
        });
        await server.StartAsync();
        return device;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}

using System.Collections.Immutable;
using System.Net;
using DeviceConformance.Emulator.Faults;
using DeviceConformance.Emulator.Listening;
using DeviceConformance.Emulator.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DeviceConformance.Emulator.Web;

/// <summary>Kestrel on the ports for HTTP and HTTPS.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private const int ConnectionLimit = 256;

    private readonly WebApplication application;

    private WebServer(WebApplication application) => this.application = application;

    /// <summary>Listens on both ports of each address.</summary>
    /// <exception cref="PortTakenException">Another program has one of the ports; nothing is left listening.</exception>
    public static async Task<WebServer> StartAsync(
        ImmutableArray<IPAddress> addresses, int httpPort, int httpsPort, DeviceState state, DeviceTls tls, RequestDelegate handle, CancellationToken cancellationToken)
    {
        var obsolete = new ObsoleteTls(tls, state.Time, state.Log);

        // The empty builder reads no configuration, no environment and logs nowhere.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endPoint => ListenSockets.Bind((IPEndPoint)endPoint));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionLimit;
            kestrel.Limits.MaxRequestBodySize = WebInterface.BodyLimit;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
            foreach (var address in addresses)
            {
                kestrel.Listen(address, httpPort, listen => listen.Protocols = HttpProtocols.Http1);
                kestrel.Listen(address, httpsPort, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => connection => AnswerObsoleteFirstAsync(connection, next, obsolete, state));
                    listen.UseHttps(new HttpsConnectionAdapterOptions
                    {
                        ServerCertificate = tls.Certificate,
                        HandshakeTimeout = DeviceTls.HandshakePatience,
                        OnAuthenticate = static (_, options) => DeviceTls.Harden(options),
                    });
                });
            }
        });

        var application = builder.Build();
        application.Run(handle);
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }

        return new WebServer(application);
    }

    /// <summary>Closes the ports and every connection without waiting for requests to end.</summary>
    public async ValueTask DisposeAsync()
    {
        await application.StopAsync(new CancellationToken(canceled: true));
        await application.DisposeAsync();
    }

    private static async Task AnswerObsoleteFirstAsync(ConnectionContext connection, ConnectionDelegate next, ObsoleteTls obsolete, DeviceState state)
    {
        try
        {
            if (state.Has(DeviceFaults.ObsoleteTls) && await obsolete.TryAnswerAsync(connection))
            {
                return;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException)
        {
            connection.Abort();
            return;
        }

        await next(connection);
    }

    /// <summary>Leaves Ctrl-C and the end of the process to the program that runs the device.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

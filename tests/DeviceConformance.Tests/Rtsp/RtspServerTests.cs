using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Credentials;
using DeviceConformance.Probing.Disclosure;
using DeviceConformance.Probing.Logins;
using DeviceConformance.Tests.Disclosure;
using DeviceConformance.Tests.Lab;
using DeviceConformance.Tests.Tls;
using NUnit.Framework;

namespace DeviceConformance.Tests.Rtsp;

/// <summary>Debian's GStreamer RTSP server plays a camera: open to anybody, by Basic and by Digest.</summary>
[TestFixture, Category("Daemon"), Parallelizable(ParallelScope.All)]
public sealed class RtspServerTests
{
    private const string Package = "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good";
    private const string Password = "Valve-7-brass!";

    // Arguments: PORT=none|basic|digest=PASSWORD of the user admin, one for each server.
    private const string Script = """
        import sys

        import gi

        gi.require_version("Gst", "1.0")
        gi.require_version("GstRtsp", "1.0")
        gi.require_version("GstRtspServer", "1.0")
        from gi.repository import GLib, Gst, GstRtsp, GstRtspServer


        def login(way, password):
            auth = GstRtspServer.RTSPAuth()
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC if way == "basic" else GstRtsp.RTSPAuthMethod.DIGEST)
            token = GstRtspServer.RTSPToken()
            token.set_string("media.factory.role", "viewer")
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic("admin", password), token)
            auth.add_digest("admin", password, token)
            return auth


        def serve(port, way, password):
            server = GstRtspServer.RTSPServer()
            server.set_address("127.0.0.1")
            server.set_service(port)
            factory = GstRtspServer.RTSPMediaFactory()
            factory.set_launch("( videotestsrc is-live=true ! video/x-raw,width=16,height=16 ! rtpvrawpay name=pay0 )")
            if way != "none":
                server.set_auth(login(way, password))
                permissions = GstRtspServer.RTSPPermissions()
                for right in ("media.factory.access", "media.factory.construct"):
                    permissions.add_permission_for_role("viewer", right, True)
                factory.set_permissions(permissions)
            server.get_mount_points().add_factory("/live", factory)
            server.attach(None)
            return server


        Gst.init(None)
        servers = [serve(*place.split("=")) for place in sys.argv[1:]]
        GLib.MainLoop().run()

        """;

    [Test]
    public async Task Streams_without_login_and_both_ways_of_logging_in_are_told_apart()
    {
        var python = Daemon.Find("python3", "python3");
        if (!File.Exists("/usr/lib/python3/dist-packages/gi/__init__.py") || !Directory.Exists("/usr/lib/x86_64-linux-gnu/girepository-1.0") || !Directory.EnumerateFiles("/usr/lib/x86_64-linux-gnu/girepository-1.0", "GstRtspServer-*").Any())
        {
            Assert.Ignore($"the RTSP server of GStreamer is not installed: apt-get install --no-install-recommends {Package}");
        }

        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("camera.py"), Script);
        var (open, basic, digest) = (Daemon.FreePort(), Daemon.FreePort(), Daemon.FreePort());
        await using var server = await Daemon.StartAsync(python, digest, folder.File("camera.py"), $"{open}=none=x", $"{basic}=basic=admin", $"{digest}=digest={Password}");
        using var bench = new DutBench(System.Net.IPAddress.Loopback, []);

        var seen = await Task.WhenAll(new[] { open, basic, digest }.Select(port => bench.SeeAsync(new DisclosureSurveyProbe(), new DisclosureSurvey(bench.At(port), ServiceProtocol.Rtsp, false))));
        var right = await TryAsync(bench, digest, LoginProtocol.RtspDigest, "admin", Password);
        var wrong = await TryAsync(bench, digest, LoginProtocol.RtspDigest, "admin", "something else");
        var other = await TryAsync(bench, digest, LoginProtocol.RtspBasic, "admin", Password);
        var clear = await TryAsync(bench, basic, LoginProtocol.RtspBasic, "admin", "something else");
        var none = await TryAsync(bench, open, LoginProtocol.RtspDigest, "admin", Password);
        var defaults = await bench.SeeAsync(new DefaultCredentialTrialProbe(), new DefaultCredentialTrial(bench.At(basic), Login(basic, LoginProtocol.RtspBasic)));

        Assert.Multiple(() =>
        {
            Assert.That(seen[0].OpenPaths(), Is.EqualTo(new[] { "/live" }));
            Assert.That(seen[0].Logins, Is.Empty);
            Assert.That(seen[1].Logins, Is.EqualTo(new[] { Login(basic, LoginProtocol.RtspBasic) }));
            Assert.That(seen[2].Logins, Is.EqualTo(new[] { Login(digest, LoginProtocol.RtspDigest) }));
            Assert.That(seen[1].Open.Concat(seen[2].Open), Is.Empty);
            Assert.That(seen.Select(survey => survey.Coverage.IsComplete), Is.All.True);
            Assert.That((right.Result, wrong.Result, clear.Result), Is.EqualTo((AccessResult.Granted, AccessResult.Refused, AccessResult.Refused)), $"{right.Answer}; {wrong.Answer}; {clear.Answer}");
            // What the server does not ask for was not tried, and is no refusal.
            Assert.That((other.Result, none.Result), Is.EqualTo((AccessResult.Unclear, AccessResult.Unclear)), $"{other.Answer}; {none.Answer}");
            Assert.That(defaults.Accepted.Select(pair => pair.Pair), Is.EqualTo(new[] { "D-001" }));
            Assert.That(bench.Said, Does.Not.Contain(Password));
        });
    }

    private static LoginPoint Login(int port, LoginProtocol protocol) => new(protocol, port, false, "/live", null);

    private static Task<LoginAttempt> TryAsync(DutBench bench, int port, LoginProtocol protocol, string user, string password) =>
        LoginClient.TryAsync(bench.At(port), Login(port, protocol), user, new Secret(password), bench.Context, CancellationToken.None);
}

using System.Diagnostics;
using System.Net;
using DeviceConformance.Model.Observations;
using DeviceConformance.Probing.Disclosure;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Disclosure;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class InformationReaderTests
{
    private static readonly InformationReader _reader = new(SurveyBench.Declare(IPAddress.Loopback));

    private static readonly string[] _pieces =
    [
        "password", "=", ":", " ", "\n", "\t", "\"", "a1!", "10.0.0.1", "192.168.4.23", "02:aa:bb:cc:dd:ee", "aa:", "Linux 4.9.118", "nginx/1.2.3", "v2.1.0", "-----BEGIN PRIVATE KEY-----", "Index of /", "{", "}", "[", ",", "<x>", "</x>",
        "root:x:0:0:", "2026-03-02 11:04", "#", "\0", "\ud83d", "\u00e4", "-rw-r--r-- 1 a", "version",
    ];

    [TestCase("thermoweb/1.2.3 (Linux 4.9.118)", "thermoweb/1.2.3", "Linux 4.9.118")]
    [TestCase("220 (vsFTPd 3.0.3)", "vsFTPd 3.0.3")]
    [TestCase("lighttpd/1.4.69", "lighttpd/1.4.69")]
    [TestCase("Apache/2.4.57 (Debian) OpenSSL/3.0.11", "Apache/2.4.57", "OpenSSL/3.0.11")]
    [TestCase("BusyBox v1.24.1 built-in shell", "BusyBox v1.24.1")]
    [TestCase("mosquitto version 2.0.11", "mosquitto version 2.0.11")]
    [TestCase("Welcome to OpenWrt 19.07.7", "OpenWrt 19.07.7")]
    public void Banner_tells_versions(string banner, params string[] versions) =>
        Assert.That(Of(_reader.Read(banner, TextKind.Banner), DisclosureKind.Version), Is.EquivalentTo(versions));

    [TestCase("HTTP/1.1 RTSP/1.0 TLS 1.2 HTML 4.01 UTF-8")]
    [TestCase("Listening on 192.0.2.7 since 12.05.2024")]
    [TestCase("220 Service ready")]
    public void Protocols_addresses_and_dates_are_no_versions(string banner) =>
        Assert.That(Of(_reader.Read(banner, TextKind.Banner), DisclosureKind.Version), Is.Empty);

    [TestCase("The water is 48.5 degrees, 3.5 kW.")]
    [TestCase("Password: Forgot? Passwords must have 12 characters.")]
    [TestCase("See chapter 2.1 of the manual, ISO 9001, size 10/2.")]
    [TestCase("Fingerprint 02:5e:10:00:01:aa:bb:cc:dd:ee:ff:00:11:22")]
    [TestCase("You can find the serial number on the label.")]
    public void Plain_text_tells_nothing(string text) => Assert.That(_reader.Read(text, TextKind.Prose).Items, Is.Empty);

    [TestCase("Firmware version 3.0.7", DisclosureKind.Version)]
    [TestCase("Serial No: AB-1234567", DisclosureKind.SerialNumber)]
    [TestCase("MAC 02:5e:10:00:0a:01", DisclosureKind.MacAddress)]
    [TestCase("Uplink 192.168.4.23", DisclosureKind.Network)]
    [TestCase("Default password: admin", DisclosureKind.Credential)]
    [TestCase("wifi_password=\"lavender-19\"", DisclosureKind.Credential)]
    [TestCase("NullReferenceException: x\n   at Heater.Burner.Ignite(Int32 t) in /src/Burner.cs:line 12", DisclosureKind.InternalError)]
    public void Text_for_people_tells(string text, DisclosureKind kind) => Assert.That(_reader.Read(text, TextKind.Prose).Items.Select(item => item.Kind), Does.Contain(kind));

    [TestCase("""{"psk":"********"}""")]
    [TestCase("""{"password":""}""")]
    [TestCase("""{"password":null,"passwordPolicy":"long","password_set":"yes","forgot_password_url":"/forgot"}""")]
    [TestCase("""{"csrf_token":"abc123"}""")]
    [TestCase("""{"password":"{{password}}"}""")]
    public void What_stands_for_a_secret_is_none(string json)
    {
        Assert.That(_reader.TryReadJson(json, out var found, out _), Is.True);
        Assert.That(found.Items, Is.Empty);
    }

    [TestCase("{")]
    [TestCase("")]
    [TestCase("plain")]
    [TestCase("{\"a\":\"\\ud800\"}")]
    public void What_is_no_json_is_told(string text) => Assert.That(_reader.TryReadJson(text, out _, out _), Is.False);

    [Test]
    public void Deep_json_is_no_json() => Assert.That(_reader.TryReadJson(new string('[', 100_000), out _, out _), Is.False);

    [TestCase("aa:")]
    [TestCase("a.")]
    [TestCase("version ")]
    [TestCase("at a(")]
    [TestCase("<a ")]
    [TestCase("{a} ")]
    [TestCase("1.")]
    [TestCase("-----BEGIN PRIVATE KEY-----")]
    public void Quarter_megabyte_of_one_piece_takes_a_moment(string piece)
    {
        var text = string.Concat(Enumerable.Repeat(piece, InformationReader.MaxText / piece.Length));
        var started = Stopwatch.GetTimestamp();

        foreach (var kind in Enum.GetValues<TextKind>())
        {
            _reader.Read(text, kind);
        }

        InformationReader.Read(NameAndValue.Xml(text));
        Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property No_text_throws_and_no_item_holds_a_secret() => Prop.ForAll(Gen.Elements(_pieces).ListOf().Select(string.Concat).ToArbitrary(), text =>
    {
        var found = Enum.GetValues<TextKind>().Select(kind => _reader.Read(text, kind)).ToList();
        _reader.TryReadJson(text, out var json, out _);
        return found.Append(json).All(part => part.Items.All(item => part.Secrets.All(secret => !item.What.Contains(secret, StringComparison.Ordinal) || secret.Length < 3)));
    });

    private static IEnumerable<string> Of(Disclosures found, DisclosureKind kind) => found.Items.Where(item => item.Kind == kind).Select(item => item.What);
}

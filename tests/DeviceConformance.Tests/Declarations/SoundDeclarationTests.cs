using System.Security.Cryptography;
using DeviceConformance.Declarations;
using DeviceConformance.Model.Declared;
using DeviceConformance.Model.Lab;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using DeviceConformance.Model.Standard;
using NUnit.Framework;

namespace DeviceConformance.Tests.Declarations;

[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class SoundDeclarationTests
{
    private static readonly StandardEdition[] Editions = [StandardEdition.V2, StandardEdition.V3];

    [TestCaseSource(nameof(Editions))]
    public void A_sound_declaration_has_no_complaint(StandardEdition edition)
    {
        using var folder = new DeclarationFolder(edition);

        var reading = folder.Read();

        Assert.That(reading.Complaints.Select(complaint => $"{complaint.At} {complaint.Rule}: {complaint.Message}"), Is.Empty);
        Assert.That(reading.Declaration!.Edition, Is.EqualTo(edition));
        Assert.That(reading.Declaration.Ixit.Tables.Select(sheet => sheet.Table), Is.EqualTo(folder.Catalogue.Tables));
        Assert.That(reading.Declaration.Ics.Entries.Select(entry => entry.Provision), Is.EqualTo(folder.Catalogue.Provisions.Select(provision => provision.Id)));
    }

    [Test]
    public void The_identification_arrives_whole()
    {
        var dut = Read(StandardEdition.V3).Dut;

        Assert.That((dut.Maker, dut.Brand, dut.Model, dut.Kind, dut.Firmware, dut.Hardware), Is.EqualTo(("Small Devices", "", "SD-1", "thermometer", "1.0.0", "rev A")));
        Assert.That(dut.IsConstrained.Is(false));
        Assert.That(dut.States, Is.EqualTo(new[] { "factory default", "initialised" }));
        Assert.That(dut.Samples.Select(sample => sample.Name), Is.EqualTo(new[] { "A", "B" }));
        Assert.That(dut.Samples[0].Addresses.Select(address => address.ToString()), Is.EqualTo(new[] { "127.0.0.1", "::1" }));
        Assert.That(dut.Conditions["m"], Is.EqualTo(new StatedCondition(true, "the design makes it so", new SourceSpan("dut.yaml", 15, 3))));
    }

    [Test]
    public void Every_kind_of_typed_facts_arrives_whole()
    {
        var ixit = Read(StandardEdition.V3).Ixit;

        var auth = ixit.With<AuthMechFacts>(IxitRole.AuthMech).Single().Facts;
        Assert.That((auth.Subject.Or(AuthSubject.Machine), auth.Factor.Or(AuthFactor.Other), auth.Origin.Or(PasswordOrigin.PresetUniversal)), Is.EqualTo((AuthSubject.User, AuthFactor.Password, PasswordOrigin.PresetUnique)));
        Assert.That(auth.NetworkAddressable.Is(true) && auth.Cryptographic.Is(true) && auth.UserName.Is("admin") && auth.PasswordLength.Is(12) && auth.PasswordAlphabet.Is("A-Za-z0-9"));
        Assert.That(auth.LockOut.Is(new LockOut(5, 60)));
        Assert.That(auth.Logins, Is.EqualTo(new[]
        {
            new LoginPoint(LoginProtocol.HttpForm, 8443, true, "/", new LoginForm("user", "password", "/login", "Wrong", "")),
            new LoginPoint(LoginProtocol.Mqtt, 8883, true, "/", null),
        }));

        var update = ixit.With<UpdMechFacts>(IxitRole.UpdMech).Single().Facts;
        Assert.That(update.Network.Is(true) && update.Automatic.Is(true) && update.Notifies.Is(true) && update.SettleSeconds.Is(5));
        Assert.That(update.Offer.Or(null!), Is.EqualTo(new UpdateOffer.Upload(8443, true, "/update", "image", "AuthMech-1")));
        Assert.That(update.Version.Or(null!), Is.EqualTo(new VersionReading(8443, true, "/version", "\"version\":\"([^\"]+)\"", "AuthMech-1")));
        Assert.That(update.Genuine.Or(null!), Is.EqualTo(new UpdateImage("new.img", "1.1.0", "")));
        Assert.That(update.Layout.Or(null!), Is.EqualTo(new ImageLayout(SignaturePlace.Trailer, 64, "", 100)));
        Assert.That(update.Older.IsDeclared, Is.False);

        var communication = ixit.With<ComMechFacts>(IxitRole.ComMech).Single().Facts;
        Assert.That(communication.Protocol.Is(CommProtocol.Tls) && communication.Role.Is(CommRole.Server) && communication.Transport.Is(Transport.Tcp) && communication.Port.Is(8443) && communication.RemotelyAccessible.Is(false));
        Assert.That(communication.Versions, Is.EqualTo(new[] { TlsVersion.Tls12, TlsVersion.Tls13 }));
        Assert.That(communication.Suites, Is.EqualTo(new[] { "TLS_AES_128_GCM_SHA256" }));
        Assert.That(communication.CertificateSha256.Single(), Is.EqualTo("aabb00112233445566778899aabbccddeeff00112233445566778899aabbccdd"));

        var service = ixit.With<SoftServFacts>(IxitRole.SoftServ).Single().Facts;
        Assert.That(service.Ports, Is.EqualTo(new[] { 8443, 8883 }));
        Assert.That(service.Protects, Is.EqualTo(new[] { new ProtectedResource("GET", "/status") }));
        Assert.That(service.AllowsConfiguration.Is(true) && service.Status.Is(InterfaceStatus.Enabled) && service.Network.Is(true) && service.Tls.Is(true) && service.Protocol.Is(ServiceProtocol.Http) && service.Transport.Is(Transport.Tcp));

        var logical = ixit.With<LogIntfFacts>(IxitRole.LogIntf).Single().Facts;
        Assert.That(logical.Ports, Is.EqualTo(new[] { 8443 }));
        Assert.That(logical.Discloses, Is.EqualTo(new[] { DisclosureKind.Model, DisclosureKind.SerialNumber }));
        Assert.That(ixit.With<LogIntfFacts>(IxitRole.Intf).Single().Facts is { } physical && physical.Physical.Is(true) && physical.Debug.Is(true));
    }

    [Test]
    public void A_fetched_update_arrives_whole()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace(IxitRole.UpdMech, "offer: {upload: {port: 8443, tls: yes, path: /update, field: image, auth-mech: AuthMech-1}}", "offer: {fetch: {listen-port: 18090, manifest-path: /m.json, image-path: /i.img, trigger: {port: 8443, tls: yes, path: /check, auth-mech: AuthMech-1}}}")
            .Replace(IxitRole.UpdMech, "layout: {signature: trailer, signature-length: 64,", "layout: {signature: manifest, manifest-field: sig,")
            .Replace(IxitRole.UpdMech, "version: 1.1.0}", "version: 1.1.0, manifest: m.json}")
            .Write("m.json", "{}");

        var reading = folder.Read();

        Assert.That(reading.Complaints, Is.Empty);
        var update = reading.Declaration!.Ixit.With<UpdMechFacts>(IxitRole.UpdMech).Single().Facts;
        Assert.That(update.Offer.Or(null!), Is.EqualTo(new UpdateOffer.Fetch(18090, "/m.json", "/i.img", new UpdateTrigger(8443, true, "POST", "/check", "AuthMech-1"))));
        Assert.That(update.Layout.Or(null!), Is.EqualTo(new ImageLayout(SignaturePlace.Manifest, 0, "sig", 100)));
    }

    [Test]
    public void Rows_and_entries_are_evidence_with_the_hash_of_their_file()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);

        var declaration = folder.Read().Declaration!;

        var ics = Convert.ToHexStringLower(SHA256.HashData(folder.Bytes("ics.yaml")));
        var auth = Convert.ToHexStringLower(SHA256.HashData(folder.Bytes("ixit/01-AuthMech.yaml")));
        Assert.That(declaration.Ics.Find(ProvisionId.Parse("5.1-1"))!.Ref, Is.EqualTo(new Model.Judgement.EvidenceRef("ics/5.1-1", ics)));
        Assert.That(declaration.Ixit.Find("AuthMech-1")!.Ref, Is.EqualTo(new Model.Judgement.EvidenceRef("ixit/AuthMech-1", auth)));
        Assert.That(declaration.Dut.Ref.Address, Is.EqualTo("dut"));
    }

    [Test]
    public void A_table_without_rows_is_one_entry_named_after_it()
    {
        var form = Read(StandardEdition.V2).Ixit.Entries(IxitRole.Conf).Single();

        Assert.That((form.Id, form.Ref.Address), Is.EqualTo(("Conf", "ixit/Conf")));
        Assert.That(form.Field("Confirmation of Secure Management").Is("Yes"));
    }

    [Test]
    public void References_may_be_a_list()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace(IxitRole.SoftComp, "Update Mechanism: UpdMech-1", "Update Mechanism: [UpdMech-1, by the loader]");

        var reading = folder.Read();

        Assert.That(reading.Complaints, Is.Empty);
        Assert.That(reading.Declaration!.Ixit.Find("SoftComp-1")!.Field("Update Mechanism").Is("UpdMech-1, by the loader"));
    }

    [Test]
    public void The_laboratory_arrives_whole_and_fills_in_limits_that_are_not_given()
    {
        var lab = Read(StandardEdition.V3).Lab;

        Assert.That(lab.Limits, Is.EqualTo(LabLimits.Default with { ConnectionsPerSecond = 100, Minutes = 5 }));
        Assert.That(lab.AllowedImpact, Is.EqualTo(ProbeImpact.StateChanging));
        Assert.That(lab.Actuators, Is.EqualTo(new[] { new Actuator("plug-1", "power", "operator") }));
        Assert.That(lab.HostListeners, Is.EqualTo(new[] { new HostListener(Endpoint.Parse("tcp/127.0.0.1:22"), "sshd of the host") }));
        Assert.That(lab.StandInAddress, Is.EqualTo(DutAddress.Parse("127.0.0.1")));
        Assert.That(lab.CredentialsFor("AuthMech-1", CredentialKind.Current).Single().Password.Reveal(), Is.EqualTo("open sesame"));
    }

    [Test]
    public void A_missing_laboratory_file_is_the_default_laboratory()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);

        var reading = folder.Delete("lab.yaml").Read();

        Assert.That(reading.Complaints, Is.Empty);
        Assert.That(reading.Declaration!.Lab, Is.EqualTo(LabSetup.Default));
    }

    [Test]
    public void Passwords_may_come_from_the_environment_or_a_file()
    {
        using var folder = new DeclarationFolder(StandardEdition.V3);
        folder.Replace("lab.yaml", "- {auth-mech: AuthMech-1, sample: A, kind: current, user: admin, password: 'open sesame'}", """
            - {auth-mech: AuthMech-1, sample: A, kind: current, password-env: DUT_PASSWORD}
            - {auth-mech: AuthMech-1, sample: B, kind: preset, password-file: b.txt}
            - {auth-mech: AuthMech-1, sample: B, kind: low-rights, password: ''}
            """).Write("b.txt", "from a file\n");

        var reading = folder.Read(name => name == "DUT_PASSWORD" ? "from the environment" : null);

        Assert.That(reading.Complaints, Is.Empty);
        Assert.That(reading.Declaration!.Lab.Credentials.Select(credential => credential.Password.Reveal()), Is.EqualTo(new[] { "from the environment", "from a file", "" }));
    }

    [TestCaseSource(nameof(Editions))]
    public void The_edition_can_be_read_alone(StandardEdition edition)
    {
        using var folder = new DeclarationFolder(edition);

        Assert.That(DeclarationReader.PeekEdition(folder.Path_).Edition, Is.EqualTo(edition));
        Assert.That(DeclarationReader.PeekEdition(folder.Delete("dut.yaml").Path_).Complaints.Single().Rule, Is.EqualTo("file-missing"));
    }

    private static Declaration Read(StandardEdition edition)
    {
        using var folder = new DeclarationFolder(edition);
        return folder.Read().Declaration!;
    }
}

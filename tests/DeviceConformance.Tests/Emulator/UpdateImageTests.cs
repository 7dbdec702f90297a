using System.Security.Cryptography;
using System.Text;
using DeviceConformance.Emulator.Updates;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

[Parallelizable(ParallelScope.All)]
public sealed class UpdateImageTests
{
    [Test]
    public void Signed_image_is_read_back_and_belongs_to_its_key_alone()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var bytes = UpdateImage.BuildSigned("2.10.3", "payload"u8, key);
        Assert.That(UpdateImage.TryParse(bytes, out var image), Is.True);
        Assert.Multiple(() =>
        {
            Assert.That(bytes, Has.Length.EqualTo(64 + 1024 + 64));
            Assert.That(Encoding.ASCII.GetString(bytes, 0, 64), Is.EqualTo("GW24 2.10.3\n".PadRight(64)));
            Assert.That(image!.Version, Is.EqualTo(new Version(2, 10, 3)));
            Assert.That(image.HasSignature, Is.True);
            Assert.That(image.IsSignedBy(key), Is.True);
            Assert.That(image.IsSignedBy(stranger), Is.False);
        });
    }

    [Test]
    public void Every_flipped_bit_of_header_payload_or_signature_is_noticed()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var bytes = UpdateImage.BuildSigned("2.2.0", "payload"u8, key);
        foreach (var position in new[] { 0, 5, 63, 64, 128, 1087, 1088, 1119, 1120, 1151 })
        {
            var altered = (byte[])bytes.Clone();
            altered[position] ^= 1;
            Assert.That(UpdateImage.TryParse(altered, out var image) && image.IsSignedBy(key), Is.False, $"byte {position}");
        }
    }

    [Test]
    public void Cut_off_and_blanked_signatures_count_as_none([Values(0x00, 0xFF, 0x20)] byte blank)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var bytes = UpdateImage.BuildSigned("2.2.0", new byte[2000], key);
        byte[] blanked = [.. bytes[..^64], .. Enumerable.Repeat(blank, 64)];
        Assert.That(UpdateImage.TryParse(bytes.AsSpan(0, bytes.Length - 64), out var cut), Is.True);
        Assert.That(UpdateImage.TryParse(blanked, out var white), Is.True);
        Assert.That((cut!.HasSignature, white!.HasSignature), Is.EqualTo((false, false)));
        Assert.That((cut.IsSignedBy(key), white.IsSignedBy(key)), Is.EqualTo((false, false)));
    }

    [TestCase("GW24 2.2\n")]
    [TestCase("GW24 2.2.0.1\n")]
    [TestCase("GW24 -2.2.0\n")]
    [TestCase("GW24 2.2.0")]
    [TestCase("GW25 2.2.0\n")]
    [TestCase("GW24  2.2.0\n")]
    [TestCase("GW24 2.2.99999999999\n")]
    [TestCase("GW24 2.2.0\nX")]
    public void Other_headers_are_no_image(string header)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(header.PadRight(64)), .. new byte[1024]];
        Assert.That(UpdateImage.TryParse(bytes, out _), Is.False);
    }

    [Test]
    public void Other_lengths_are_no_image([Values(0, 1, 63, 64, 128, 64 + 1023, 64 + 1025, 64 + 1024 + 63, 64 + 1024 + 65)] int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill((byte)' ');
        Encoding.ASCII.GetBytes("GW24 2.2.0\n").AsSpan(0, Math.Min(11, length)).CopyTo(bytes);
        Assert.That(UpdateImage.TryParse(bytes, out _), Is.False);
    }

    [Test]
    public void Whatever_comes_in_is_read_or_refused()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var header = "GW24 2.2.0\n".PadRight(64);
        Prop.ForAll<byte[]>(noise =>
        {
            byte[] bytes = [.. Encoding.ASCII.GetBytes(header), .. new byte[1024], .. noise.Concat(new byte[64]).Take(64)];
            return !UpdateImage.TryParse(noise, out _) && UpdateImage.TryParse(bytes, out var image) && !image.IsSignedBy(key);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Impossible_images_can_not_be_built() => Assert.Multiple(() =>
    {
        Assert.That(() => UpdateImage.BuildUnsigned("two", []), Throws.ArgumentException);
        Assert.That(() => UpdateImage.BuildUnsigned("2.2.0", new byte[UpdateImage.MaximumLength]), Throws.ArgumentException);
    });
}

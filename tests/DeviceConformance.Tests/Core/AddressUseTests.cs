using DeviceConformance.Model.Observations;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

/// <summary>Temporary IPv6 addresses are told from those that stay by when they were used, and by nothing else.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class AddressUseTests
{
    private const string Stays = "2001:db8:0:1:9c31:77ab:1:1";
    private const string Monday = "2001:db8:0:1:1111:2222:3333:4444";
    private const string Tuesday = "2001:db8:0:1:5555:6666:7777:8888";
    private static readonly DateTimeOffset _start = new(2026, 11, 16, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void Address_that_another_of_its_prefix_replaces_seems_temporary_and_one_beside_them_seems_to_stay()
    {
        var told = AddressUse.Of([Used(Monday, 0, 24), Used(Tuesday, 23.75, 40), Used(Stays, 0, 39.9)]);

        Assert.That(told[Monday], Is.EqualTo($"seems temporary: replaced by {Tuesday} at 2026-11-16 23:45 UTC"));
        Assert.That(told[Tuesday], Is.EqualTo("seems temporary: it took the place of another, and was not yet replaced itself"));
        Assert.That(told[Stays], Is.EqualTo($"seems to stay: in use before and after {Monday} was replaced"));
    }

    [Test]
    public void Address_that_is_used_for_longer_than_a_temporary_one_lives_seems_to_stay() =>
        Assert.That(AddressUse.Of([Used(Stays, 0, 60)])[Stays], Does.StartWith("seems to stay: in use for 2.5 days"));

    [Test]
    public void Addresses_that_are_used_beside_each_other_or_for_an_hour_tell_nothing()
    {
        var told = AddressUse.Of([Used(Monday, 0, 5), Used(Tuesday, 0.5, 5.5)]);

        Assert.That(told.Values, Is.All.EqualTo("whether it is temporary does not show in this time"));
        Assert.That(AddressUse.Of([Used(Stays, 0, 1)])[Stays], Is.EqualTo("whether it is temporary does not show in this time"));
    }

    [Test]
    public void Address_that_falls_silent_just_before_the_capture_ends_is_not_replaced() =>
        Assert.That(AddressUse.Of([Used(Monday, 0, 24), Used(Tuesday, 23.9, 24.1)])[Monday], Does.StartWith("whether it is temporary"));

    [Test]
    public void Another_prefix_replaces_nothing()
    {
        const string elsewhere = "2001:db8:0:2:5555:6666:7777:8888";

        Assert.That(AddressUse.Of([Used(Monday, 0, 24), Used(elsewhere, 24, 40)]).Values, Is.All.StartsWith("whether it is temporary"));
    }

    [Test]
    public void Nothing_is_said_of_addresses_of_another_kind() =>
        Assert.That(
            AddressUse.Of(
            [
                Used("fe80::1", 0, 60),
                Used("192.0.2.7", 0, 60, AddressKind.IPv4),
                Used("00:00:5e:10:00:01", 0, 60, AddressKind.UniversalMac),
                Used("2001:db8::200:5eff:fe10:1", 0, 60, AddressKind.IPv6Eui64),
                Used("no address", 0, 60),
            ]),
            Is.Empty);

    private static AddressSeen Used(string address, double from, double to, AddressKind kind = AddressKind.IPv6Other) =>
        new(address, kind, "neighbour discovery", _start.AddHours(from), _start.AddHours(to), new FrameSet("a.pcapng", [1], 1, ""));
}

using System.Net;
using DeviceConformance.Model.Network;
using DeviceConformance.Model.Observations;
using NUnit.Framework;

namespace DeviceConformance.Tests.Core;

/// <summary>A request that is put to an address says so: its answer counts only while the DUT is there.</summary>
[TestFixture, Parallelizable(ParallelScope.All)]
public sealed class RequestTargetTests
{
    private static readonly DutAddress _address = new(IPAddress.Parse("192.0.2.7"));

    private static readonly Type[] _kinds = [.. typeof(ProbeRequest).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ProbeRequest)) && !type.IsAbstract)];

    [TestCaseSource(nameof(_kinds))]
    public void Request_with_an_address_or_endpoint_is_put_to_it(Type kind)
    {
        var constructor = kind.GetConstructors().MaxBy(one => one.GetParameters().Length)!;
        var types = constructor.GetParameters().Select(parameter => parameter.ParameterType).ToList();
        var request = (ProbeRequest)constructor.Invoke([.. types.Select(Sample)]);

        var isPut = types.Contains(typeof(DutAddress)) || types.Contains(typeof(Endpoint));
        Assert.That(request.Target, Is.EqualTo(isPut ? _address : (DutAddress?)null));
    }

    [Test]
    public void Kinds_of_requests_are_found() => Assert.That(_kinds, Has.Length.GreaterThan(12).And.Contains(typeof(WriteTrial)));

    private static object? Sample(Type type) =>
        type == typeof(DutAddress) ? _address
        : type == typeof(Endpoint) ? new Endpoint(_address, 443)
        : type.IsValueType ? Activator.CreateInstance(type)
        : null;
}

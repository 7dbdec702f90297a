namespace DeviceConformance.Probing.PortSweep;

/// <summary>All TCP ports in an order that spreads neighbours: devices and firewalls react to ports asked in a row.</summary>
/// <remarks>Powers of a primitive root modulo the prime 65537 visit every number from 1 to 65536 once.</remarks>
internal static class PortOrder
{
    /// <summary>Number of ports: 1 to 65535. Port 0 is reserved (RFC 6335, 6) and no service can be reached there.</summary>
    public const int Count = 65535;

    private const int Prime = 65537;

    // A quadratic non-residue, and therefore a primitive root since 65536 is a power of two; large, so that steps are wide.
    private const long Root = 40505;

    /// <summary>The ports, each once.</summary>
    public static int[] All()
    {
        var ports = new int[Count];
        var port = 1L;
        for (var index = 0; index < Count;)
        {
            port = port * Root % Prime;
            if (port <= Count)
            {
                ports[index++] = (int)port;
            }
        }

        return ports;
    }
}

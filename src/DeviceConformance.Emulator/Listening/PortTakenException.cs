using System.Net;

namespace DeviceConformance.Emulator.Listening;

/// <summary>A port of the emulated device is in use by another program.</summary>
public sealed class PortTakenException : IOException
{
    /// <summary>Creates the exception for an endpoint.</summary>
    /// <param name="endPoint">Address and port that could not be had.</param>
    /// <param name="inner">What the system said.</param>
    public PortTakenException(IPEndPoint endPoint, Exception inner)
        : base($"Port {endPoint?.Port} on {endPoint?.Address} is in use by another program. {(endPoint is not null && DevicePorts.Fixed.Contains(endPoint.Port) ? "It does not move with the port offset: start the device on another address" : "Start the device with another port offset")}, or end that program.", inner) =>
        EndPoint = endPoint ?? throw new ArgumentNullException(nameof(endPoint));

    /// <summary>Address and port that could not be had.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The port.</summary>
    public int Port => EndPoint.Port;
}

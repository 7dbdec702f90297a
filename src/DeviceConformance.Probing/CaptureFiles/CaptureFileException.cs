namespace DeviceConformance.Probing.CaptureFiles;

/// <summary>A file that is no capture, or that can not be read here; the message says why and what helps.</summary>
/// <param name="message">Why.</param>
public sealed class CaptureFileException(string message) : Exception(message);

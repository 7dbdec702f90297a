namespace DeviceConformance.Probing.Ssh;

/// <summary>Numbers of messages (RFC 4250, 4.1.2; RFC 8308, 2.3; RFC 4419, 5; RFC 4256, 5).</summary>
internal static class SshMessage
{
    public const byte Disconnect = 1;
    public const byte Ignore = 2;
    public const byte Unimplemented = 3;
    public const byte Debug = 4;
    public const byte ServiceRequest = 5;
    public const byte ServiceAccept = 6;
    public const byte ExtInfo = 7;
    public const byte NewKeys = 21;
    public const byte KexInit = 30;
    public const byte KexReply = 31;
    public const byte GroupInit = 32;
    public const byte GroupReply = 33;
    public const byte GroupRequest = 34;
    public const byte AuthRequest = 50;
    public const byte AuthFailure = 51;
    public const byte AuthSuccess = 52;
    public const byte AuthBanner = 53;

    /// <summary>To the method "password": the password has to be changed (RFC 4252, 8).</summary>
    public const byte PasswordChange = 60;

    /// <summary>To the method "keyboard-interactive": the server asks (RFC 4256, 3.2).</summary>
    public const byte InfoRequest = 60;

    public const byte InfoResponse = 61;
}

using System.Security.Cryptography;

namespace DeviceConformance.Emulator.Updates;

/// <summary>Public keys in the device's firmware. Their private halves lie with the example declaration; they protect nothing real.</summary>
internal static class VendorKeys
{
    private const string Vendor = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgzW1rPW3nY/bXeJBzHK5zsncYa7/
        +2W972+jNDU/pIgwuHNiHvKHAGp38702AAAsXyrpaNdXVL5ldaqOgd9tUg==
        -----END PUBLIC KEY-----
        """;

    private const string Other = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEop+8WZHCfRzc40E+vR2krMu+oI1g
        ikiyVzxZqPNMeY/soQiPOaVBOyafZkTFsmtj6FPh9dktT4TMn/OUJx62sg==
        -----END PUBLIC KEY-----
        """;

    /// <summary>The maker's key.</summary>
    public static ECDsa OpenVendor() => Open(Vendor);

    /// <summary>Somebody else's key, trusted by mistake with the fault update-foreign-key.</summary>
    public static ECDsa OpenOther() => Open(Other);

    private static ECDsa Open(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key;
    }
}

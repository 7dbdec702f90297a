using NUnit.Framework;

namespace DeviceConformance.Tests.Lan;

/// <summary>Bytes as a broken or hostile device sends them: cut at every place, altered, and noise. The seed is fixed, so a failure can be repeated.</summary>
internal static class HostileBytes
{
    public static void Feed(Action<byte[]> read, params byte[][] samples)
    {
        var random = new Random(11);
        foreach (var sample in samples)
        {
            for (var length = 0; length <= sample.Length; length++)
            {
                Read(read, sample[..length]);
            }

            for (var round = 0; round < 400; round++)
            {
                var altered = sample.ToArray();
                for (var change = 0; change <= round % 4; change++)
                {
                    altered[random.Next(altered.Length)] = (byte)(round % 3 == 0 ? 0xff : random.Next(256));
                }

                Read(read, altered[..(round % 2 == 0 ? altered.Length : random.Next(altered.Length + 1))]);
            }
        }

        for (var round = 0; round < 1000; round++)
        {
            var noise = new byte[random.Next(120)];
            random.NextBytes(noise);
            Read(read, noise);
        }
    }

    private static void Read(Action<byte[]> read, byte[] bytes) => Assert.That(() => read(bytes), Throws.Nothing, Convert.ToHexString(bytes));
}

using NUnit.Framework;

namespace DeviceConformance.Tests.Emulator;

/// <summary>Waits for what a clock that the test moves brings about.</summary>
internal static class Eventually
{
    /// <summary>Moves the clock until the device has closed the connection. One move may come before the device has set its deadline.</summary>
    public static async Task ClosesAsync(RawConnection connection, Action moveClock)
    {
        var closed = connection.ReadToEndAsync();
        var deadline = TestDevice.Deadline;
        while (!closed.IsCompleted && !deadline.IsCancellationRequested)
        {
            moveClock();
            await Task.WhenAny(closed, Task.Delay(50, CancellationToken.None));
        }

        Assert.That(closed.IsCompleted, Is.True, "the device closes the connection");
        await closed;
    }
}

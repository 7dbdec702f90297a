using System.Buffers.Binary;
using DeviceConformance.Model.Network;

namespace DeviceConformance.Probing.Traffic.Content;

/// <summary>Messages of NTP and SNTP (RFC 5905, 7.3; RFC 4330), on their port by their form, on others only where content proves them.</summary>
/// <remarks>
/// Proof is an answer that repeats the 64 bits of the time that its question was sent at (RFC 5905, 8). Of clients that tell no time it repeats
/// zeros: then the question has to be nothing but zeros too. A question alone proves nothing.
/// </remarks>
internal sealed class NtpTalk(FlowNotes notes)
{
    private const int Port = 123;
    private const int Shortest = 48;
    private const int Asking = 3;
    private const int Answering = 4;
    private const int OriginTime = 24;
    private const int ReceiveTime = 32;
    private const int TransmitTime = 40;
    private const int HighestStratum = 16;

    // A client asks again when nothing comes; older questions are answered no more.
    private const int MostWaiting = 8;

    private readonly Queue<Question> _waiting = new();
    private bool _isProven;

    /// <summary>Whether bytes have the form of a question in which a client tells nothing but the time: enough to tell who asks.</summary>
    public static bool IsPlainQuestion(ReadOnlySpan<byte> bytes) =>
        // Stratum, delay, dispersion, reference and the first three times are the server's to tell; poll, precision and the time of sending are anything.
        bytes.Length == Shortest && (bytes[0] & 7) == Asking && ((bytes[0] >> 3) & 7) is 3 or 4 && bytes[1] == 0 && !bytes[4..TransmitTime].ContainsAnyExcept((byte)0);

    /// <summary>Whether bytes have the form of an answer: enough to guess who answers, not to prove what is spoken.</summary>
    public static bool HasFormOfAnswer(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= Shortest && bytes.Length % 4 == 0 && (bytes[0] & 7) == Answering && ((bytes[0] >> 3) & 7) is 3 or 4 && bytes[1] <= HighestStratum
        // Servers take less than two seconds to answer.
        && BinaryPrimitives.ReadUInt32BigEndian(bytes[TransmitTime..]) - BinaryPrimitives.ReadUInt32BigEndian(bytes[ReceiveTime..]) <= 1;

    /// <summary>Reads a datagram.</summary>
    /// <returns>Whether it is NTP.</returns>
    public bool TryDatagram(bool fromClient, ReadOnlySpan<byte> bytes, long frame)
    {
        if (bytes.Length < Shortest || bytes.Length % 4 != 0)
        {
            return false;
        }

        var (version, mode) = ((bytes[0] >> 3) & 7, bytes[0] & 7);
        if (notes.Flow.ServerPort == Port || notes.Flow.ClientPort == Port)
        {
            return version is >= 1 and <= 4 && mode is >= 1 and <= 5 && Take(version, bytes.Length > Shortest, !fromClient, frame);
        }

        var isAuthenticated = bytes.Length > Shortest;
        if (mode == Asking && version is 3 or 4 && fromClient && BinaryPrimitives.ReadUInt64BigEndian(bytes[TransmitTime..]) is var time && (time != 0 || IsPlainQuestion(bytes)))
        {
            if (_waiting.Count == MostWaiting)
            {
                _waiting.Dequeue();
            }

            _waiting.Enqueue(new Question(time, version, isAuthenticated, frame, IsCounted: _isProven));
            return _isProven && Take(version, isAuthenticated, false, frame);
        }

        return !fromClient && HasFormOfAnswer(bytes) && IsAnswer(BinaryPrimitives.ReadUInt64BigEndian(bytes[OriginTime..])) && Take(version, isAuthenticated, true, frame);
    }

    private bool IsAnswer(ulong origin)
    {
        var isAnswer = false;
        for (var count = _waiting.Count; count > 0; count--)
        {
            var question = _waiting.Dequeue();
            if (question.Time != origin)
            {
                _waiting.Enqueue(question);
                continue;
            }

            isAnswer = true;
            if (!question.IsCounted)
            {
                Take(question.Version, question.IsAuthenticated, false, question.Frame);
            }
        }

        _isProven |= isAnswer;
        return isAnswer;
    }

    private bool Take(int version, bool isAuthenticated, bool isAnswer, long frame)
    {
        notes.Recognise(ServiceProtocol.Ntp, $"NTP version {version}");
        if (notes.Flow.DutIsClient)
        {
            notes.Ledger.AddTime(version, isAuthenticated, isAnswer, notes.Flow, frame);
        }

        return true;
    }

    private readonly record struct Question(ulong Time, int Version, bool IsAuthenticated, long Frame, bool IsCounted);
}

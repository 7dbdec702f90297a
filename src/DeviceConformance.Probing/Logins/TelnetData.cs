namespace DeviceConformance.Probing.Logins;

/// <summary>
/// Takes commands out of what a Telnet server sends (RFC 854) and declines every option (RFC 855) but that the server echoes and
/// sends no Go Ahead (RFC 857, RFC 858).
/// </summary>
public sealed class TelnetData
{
    private const byte SubnegotiationEnd = 240;
    private const byte Subnegotiation = 250;
    private const byte Will = 251;
    private const byte Wont = 252;
    private const byte Do = 253;
    private const byte Dont = 254;
    private const byte Command = 255;
    private const byte Echo = 1;
    private const byte SuppressGoAhead = 3;

    // Each option is answered once for WILL and once for DO (RFC 1143 shows the loops that follow otherwise).
    private readonly HashSet<(byte Verb, byte Option)> _answered = [];
    private State _state;
    private byte _verb;

    private enum State
    {
        Data,
        Command,
        Option,
        Subnegotiation,
        SubnegotiationCommand,
    }

    /// <summary>Takes bytes as they come, in whatever pieces.</summary>
    /// <param name="received">Bytes from the server.</param>
    /// <param name="data">Data among them is added here.</param>
    /// <param name="reply">What is to be sent back is added here.</param>
    public void Take(ReadOnlySpan<byte> received, List<byte> data, List<byte> reply)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(reply);
        foreach (var value in received)
        {
            switch (_state)
            {
                case State.Data when value == Command:
                    _state = State.Command;
                    break;
                case State.Data:
                    data.Add(value);
                    break;
                case State.Command when value is Will or Wont or Do or Dont:
                    (_state, _verb) = (State.Option, value);
                    break;
                case State.Command:
                    if (value == Command)
                    {
                        data.Add(value);
                    }

                    _state = value == Subnegotiation ? State.Subnegotiation : State.Data;
                    break;
                case State.Option:
                    _state = State.Data;
                    if (_verb is Will or Do && _answered.Add((_verb, value)))
                    {
                        var answer = _verb == Do ? Wont : value is Echo or SuppressGoAhead ? Do : Dont;
                        reply.AddRange([Command, answer, value]);
                    }

                    break;
                case State.Subnegotiation:
                    _state = value == Command ? State.SubnegotiationCommand : State.Subnegotiation;
                    break;
                default:
                    _state = value == SubnegotiationEnd ? State.Data : State.Subnegotiation;
                    break;
            }
        }
    }
}

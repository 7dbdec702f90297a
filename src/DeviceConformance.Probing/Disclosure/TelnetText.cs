using System.Text;

namespace DeviceConformance.Probing.Disclosure;

/// <summary>Takes Telnet commands (RFC 854) out of what a server sends and declines every option it names (RFC 855).</summary>
public sealed class TelnetText
{
    /// <summary>Options that are answered; a server that goes on negotiating gets no further answer.</summary>
    public const int MaxReplies = 64;

    private const byte Se = 240;
    private const byte Sb = 250;
    private const byte Will = 251;
    private const byte Wont = 252;
    private const byte Do = 253;
    private const byte Dont = 254;
    private const byte Iac = 255;

    private State _state;
    private byte _command;
    private int _replies;

    private enum State
    {
        Text,
        Command,
        Option,
        Subnegotiation,
        SubnegotiationCommand,
    }

    /// <summary>Takes the next bytes; commands may be cut anywhere between two calls.</summary>
    /// <returns>The text in Latin-1, and the bytes to answer with.</returns>
    public (string Text, byte[] Replies) Take(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        var replies = new List<byte>();
        foreach (var value in bytes)
        {
            switch (_state)
            {
                case State.Text when value == Iac:
                    _state = State.Command;
                    break;
                case State.Text:
                    // A carriage return alone is sent as CR NUL.
                    if (value != 0)
                    {
                        text.Append((char)value);
                    }

                    break;
                case State.Command:
                    _command = value;
                    _state = value switch
                    {
                        Will or Wont or Do or Dont => State.Option,
                        Sb => State.Subnegotiation,
                        _ => State.Text,
                    };
                    if (value == Iac)
                    {
                        text.Append((char)Iac);
                    }

                    break;
                case State.Option:
                    _state = State.Text;
                    // WONT and DONT only state what is so already.
                    if (_command is Will or Do && _replies < MaxReplies)
                    {
                        _replies++;
                        replies.AddRange([Iac, _command == Will ? Dont : Wont, value]);
                    }

                    break;
                case State.Subnegotiation:
                    _state = value == Iac ? State.SubnegotiationCommand : State.Subnegotiation;
                    break;
                case State.SubnegotiationCommand:
                    _state = value == Se ? State.Text : State.Subnegotiation;
                    break;
            }
        }

        return (text.ToString(), [.. replies]);
    }
}

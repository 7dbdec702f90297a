using System.Collections.Immutable;

namespace DeviceConformance.Model.Lab;

/// <summary>A file with default credentials.</summary>
/// <param name="File">Its path, relative to the declaration's folder.</param>
/// <param name="Pairs">What it holds, in its order; empty when it could not be read.</param>
public sealed record CredentialList(string File, ImmutableArray<DefaultPair> Pairs);

/// <summary>A default credential that is tried at logins.</summary>
/// <param name="Id">Stable id by which reports name the pair: <c>D-017</c> of the dictionary, <c>P-03</c> of the patterns, <c>L1-12</c> for line 12 of the laboratory's first list.</param>
/// <param name="User">User name; may be empty.</param>
/// <param name="Password">Password; never shown.</param>
/// <param name="Protocols">Families of logins it is known from: http, telnet, ftp, mqtt; empty: all.</param>
/// <param name="Origin">Where it comes from, in words.</param>
public sealed record DefaultPair(string Id, string User, Secret Password, ImmutableArray<string> Protocols, string Origin)
{
    /// <summary>Whether it follows from facts of one unit (MAC address, serial number), so that it differs from unit to unit.</summary>
    public bool IsOfUnit { get; init; }
}

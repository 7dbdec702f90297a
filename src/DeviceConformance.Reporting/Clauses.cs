using DeviceConformance.Model.Standard;

namespace DeviceConformance.Reporting;

/// <summary>Short names, in our own words, of the clauses of EN 303 645 that hold provisions.</summary>
internal static class Clauses
{
    /// <summary>Number of the clause of a provision: <c>5.3</c>, <c>6</c>.</summary>
    public static string Number(ProvisionId provision) =>
        provision.SubClause < 0 ? $"{provision.Clause}" : $"{provision.Clause}.{provision.SubClause}";

    /// <summary>What the clause is about.</summary>
    public static string Name(ProvisionId provision) => Number(provision) switch
    {
        "4" or "5.0" => "Reasons for what is left out",
        "5.1" => "Passwords",
        "5.2" => "Reports of vulnerabilities",
        "5.3" => "Software updates",
        "5.4" => "Stored secrets",
        "5.5" => "Communication",
        "5.6" => "Attack surface",
        "5.7" => "Software integrity",
        "5.8" => "Personal data in transit",
        "5.9" => "Outages",
        "5.10" => "Telemetry",
        "5.11" => "Deletion of user data",
        "5.12" => "Installation and maintenance",
        "5.13" => "Input data",
        "6" => "Data protection",
        _ => "",
    };
}

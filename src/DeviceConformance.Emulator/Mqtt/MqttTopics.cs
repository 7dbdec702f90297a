namespace DeviceConformance.Emulator.Mqtt;

/// <summary>Names and filters of topics (5.0, 4.7).</summary>
internal static class MqttTopics
{
    private const int LongestTopic = 256;

    /// <summary>Whether a message may be published under this text.</summary>
    public static bool IsName(string topic) => topic.Length is > 0 and <= LongestTopic && !topic.AsSpan().ContainsAny('#', '+');

    /// <summary>Whether this text is a filter: <c>+</c> stands for a whole level, <c>#</c> for all the last ones.</summary>
    public static bool IsFilter(string filter)
    {
        if (filter.Length is 0 or > LongestTopic)
        {
            return false;
        }

        var levels = filter.Split('/');
        for (var index = 0; index < levels.Length; index++)
        {
            var level = levels[index];
            if ((level.Length > 1 && level.AsSpan().ContainsAny('#', '+')) || (level == "#" && index < levels.Length - 1))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a filter covers a topic. Wildcards at the start do not cover topics that begin with $.</summary>
    public static bool Matches(string filter, string topic)
    {
        if (topic.StartsWith('$') && filter[0] is '#' or '+')
        {
            return false;
        }

        var filterLevels = filter.Split('/');
        var topicLevels = topic.Split('/');
        for (var index = 0; index < filterLevels.Length; index++)
        {
            if (filterLevels[index] == "#")
            {
                return true;
            }

            if (index == topicLevels.Length || (filterLevels[index] != "+" && filterLevels[index] != topicLevels[index]))
            {
                return false;
            }
        }

        return filterLevels.Length == topicLevels.Length;
    }
}

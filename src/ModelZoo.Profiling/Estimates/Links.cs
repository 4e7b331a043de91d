namespace ModelZoo.Profiling;

/// <summary>Time of messages between devices. Bandwidth per direction; vendors add both directions.</summary>
public static class Links
{
    /// <summary>Each device ends with the sum of all: 2(N−1)/N of the message crosses each link, in 2(N−1) steps.</summary>
    public static double RingAllReduce(double bytes, int devices, double bandwidth, double latency) =>
        devices < 2 ? 0 : 2.0 * (devices - 1) / devices * bytes / bandwidth + 2.0 * (devices - 1) * latency;

    public static double TreeAllReduce(double bytes, int devices, double bandwidth, double latency) =>
        devices < 2 ? 0 : 2 * Math.Log2(devices) * (bytes / bandwidth + latency);

    public static double AllToAll(double bytes, int devices, double bandwidth, double latency) =>
        devices < 2 ? 0 : (devices - 1.0) / devices * bytes / bandwidth + (devices - 1) * latency;
}

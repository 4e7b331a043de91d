using System.Globalization;
using System.Text;

namespace ModelZoo.Hub.Web.Charts;

/// <summary>
/// Draws blocks side by side: a block is as wide as its bytes, and within it a role is as high as its share. One path for each role, so that hundreds of
/// layers stay a few kilobytes; blocks beyond <see cref="MaxBlocks"/> are put together with their neighbours.
/// </summary>
static class TensorStripSvg
{
    const int MaxBlocks = 200;
    const double Units = 2000;
    const double Height = 72;

    public static string Draw(TensorStrip strip)
    {
        var canvas = new SvgCanvas(Units, Height, strip.Finding);
        var blocks = Merge(strip.Blocks);
        var order = strip.Roles.Select((role, place) => (role.Role, place)).ToDictionary(pair => pair.Role, pair => pair.place);
        var paths = order.Values.Select(_ => new StringBuilder()).ToList();
        var total = blocks.Sum(block => block.SizeBytes);
        // A hairline of paper between blocks, as long as they are wide enough to show it.
        var gap = blocks.Count <= 100 ? 3 : 0;
        var x = 0.0;
        foreach (var block in blocks)
        {
            var width = total > 0 ? (Units - gap * (blocks.Count - 1)) * block.SizeBytes / total : 0;
            var y = Height;
            foreach (var role in block.Roles.OrderBy(role => order[role.Role]))
            {
                var high = block.SizeBytes > 0 ? Height * role.SizeBytes / block.SizeBytes : 0;
                y -= high;
                if (width > 0 && high >= 0.5)
                    paths[order[role.Role]].Append(CultureInfo.InvariantCulture, $"M{Short(x)} {Short(y)}h{Short(width)}v{Short(high)}h-{Short(width)}z");
            }
            x += width + gap;
        }
        for (var place = 0; place < paths.Count; place++)
            if (paths[place].Length > 0) canvas.Path($"fill k{place % 6 + 1}{(place >= 6 ? " pale" : "")}", paths[place].ToString());
        return canvas.End();
    }

    static List<StripBlock> Merge(IReadOnlyList<StripBlock> blocks)
    {
        if (blocks.Count <= MaxBlocks) return [.. blocks];
        return [.. blocks.Chunk((blocks.Count + MaxBlocks - 1) / MaxBlocks).Select(chunk => new StripBlock($"{chunk[0].Name} to {chunk[^1].Name}",
            [.. chunk.SelectMany(block => block.Roles).GroupBy(role => role.Role).Select(group => new RoleShare(group.Key, group.Sum(role => role.SizeBytes)))]))];
    }

    static string Short(double value) => Math.Round(value).ToString("0", CultureInfo.InvariantCulture);
}

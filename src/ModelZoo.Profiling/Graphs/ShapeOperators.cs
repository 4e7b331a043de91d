using ModelZoo.Weights.Onnx;

namespace ModelZoo.Profiling.Graphs;

/// <summary>Operators that rearrange: their shapes, and their numbers where a graph computes shapes with them.</summary>
static class ShapeOperators
{
    public static bool Infer(GraphShapes graph, OnnxNode node, long[]? x, long opset)
    {
        if (x is null) return node.Operator == "Range" && Range(graph, node);
        var output = node.Outputs[0];
        long[]? Values(int input, string attribute) => node.Inputs.Count > input && node.Inputs[input].Length > 0 ? graph.FindValues(node.Inputs[input])
            : node.Numbers.TryGetValue(attribute, out var numbers) ? [.. numbers] : null;
        switch (GraphShapes.Plain(node.Operator))
        {
            case "Reshape":
                if (Values(1, "shape") is not { } target || Reshaped(x, target, node.FindNumber("allowzero") == 1) is not { } reshaped) return false;
                graph.Set(output, reshaped);
                Keep();
                return true;
            case "Flatten":
                var at = (int)Math.Clamp(node.FindNumber("axis") is { } axis ? axis < 0 ? axis + x.Length : axis : 1, 0, x.Length);
                graph.Set(output, [GraphShapes.Count(x[..at]), GraphShapes.Count(x[at..])]);
                return true;
            case "Transpose":
                var order = node.Numbers.TryGetValue("perm", out var perm) ? perm : [.. Enumerable.Range(0, x.Length).Reverse().Select(i => (long)i)];
                if (order.Count != x.Length || order.Any(i => i < 0 || i >= x.Length)) return false;
                graph.Set(output, [.. order.Select(i => x[i])]);
                return true;
            case "Squeeze":
                var dropped = Values(1, "axes")?.Select(a => GraphShapes.Axis(a, x.Length)).ToHashSet();
                graph.Set(output, [.. x.Where((size, i) => dropped is null ? size != 1 : !dropped.Contains(i))]);
                Keep();
                return true;
            case "Unsqueeze":
                if (Values(1, "axes") is not { } added) return false;
                var rank = x.Length + added.Length;
                var places = added.Select(a => GraphShapes.Axis(a, rank)).ToHashSet();
                if (places.Count != added.Length) return false;
                var rest = new Queue<long>(x);
                graph.Set(output, [.. Enumerable.Range(0, rank).Select(i => places.Contains(i) ? 1 : rest.Dequeue())]);
                Keep();
                return true;
            case "Concat": return Concat(graph, node, x);
            case "Split": return Split(graph, node, x, opset);
            case "Slice": return Slice(graph, node, x, Values);
            case "Gather": return Gather(graph, node, x);
            case "Expand":
                if (Values(1, "shape") is not { } wide || GraphShapes.Broadcast(x, wide) is not { } expanded) return false;
                graph.Set(output, expanded);
                return true;
            case "Tile":
                if (Values(1, "") is not { } repeats || repeats.Length != x.Length) return false;
                graph.Set(output, [.. x.Select((size, i) => checked(size * repeats[i]))]);
                return true;
            case "Pad":
                if (Values(1, "pads") is not { } pads || pads.Length != 2 * x.Length) return false;
                graph.Set(output, [.. x.Select((size, i) => checked(size + pads[i] + pads[i + x.Length]))]);
                return true;
            case "ReduceMean" or "ReduceSum" or "ReduceMax" or "ReduceMin" or "ReduceProd" or "ReduceL2" or "ReduceL1" or "ReduceSumSquare" or "ReduceLogSumExp":
                var reduced = (Values(1, "axes") ?? (node.FindNumber("noop_with_empty_axes") == 1 ? [] : [.. Enumerable.Range(0, x.Length).Select(i => (long)i)])).Select(a => GraphShapes.Axis(a, x.Length)).ToHashSet();
                graph.Set(output, Reduced(x, reduced, node.FindNumber("keepdims") != 0));
                if (node.Operator == "ReduceProd" && graph.FindValues(node.Inputs[0]) is { } factors) graph.SetValues(output, [GraphShapes.Count(factors)]);
                return true;
            case "ArgMax" or "ArgMin":
                graph.Set(output, Reduced(x, [GraphShapes.Axis(node.FindNumber("axis") ?? 0, x.Length)], node.FindNumber("keepdims") != 0));
                return true;
            case "DepthToSpace" when x.Length == 4 && node.FindNumber("blocksize") is > 0 and var block:
                graph.Set(output, [x[0], x[1] / (block * block), x[2] * block, x[3] * block]);
                return true;
            case "SpaceToDepth" when x.Length == 4 && node.FindNumber("blocksize") is > 0 and var block:
                graph.Set(output, [x[0], x[1] * block * block, x[2] / block, x[3] / block]);
                return true;
            case "Resize" or "Upsample":
                if (node.Inputs.Count < 4 || graph.FindValues(node.Inputs[3]) is not { } sizes || sizes.Length != x.Length) return false;
                graph.Set(output, sizes);
                return true;
            case "Range": return Range(graph, node);
            default: return false;
        }

        void Keep()
        {
            if (graph.FindValues(node.Inputs[0]) is { } values) graph.SetValues(output, values);
        }
    }

    static long[]? Reshaped(long[] from, long[] target, bool allowsZero)
    {
        var shape = new long[target.Length];
        var open = -1;
        for (var i = 0; i < target.Length; i++)
        {
            if (target[i] == -1) (open, shape[i]) = open < 0 ? (i, 1) : (-2, 1);
            else shape[i] = target[i] == 0 && !allowsZero ? i < from.Length ? from[i] : -1 : target[i];
            if (shape[i] < 0 || open == -2) return null;
        }
        var (all, known) = (GraphShapes.Count(from), GraphShapes.Count(shape));
        if (open < 0) return all == known ? shape : null;
        if (known == 0 || all % known != 0) return null;
        shape[open] = all / known;
        return shape;
    }

    static bool Concat(GraphShapes graph, OnnxNode node, long[] first)
    {
        var axis = GraphShapes.Axis(node.FindNumber("axis") ?? 0, first.Length);
        var shape = (long[])[.. first];
        List<long>? values = [];
        for (var i = 0; i < node.Inputs.Count; i++)
        {
            if (graph.Find(node.Inputs[i]) is not { } other || other.Length != first.Length || first.Length == 0) return false;
            if (i > 0) shape[axis] = checked(shape[axis] + other[axis]);
            if (graph.FindValues(node.Inputs[i]) is { } some && values is { Count: < 4096 }) values.AddRange(some);
            else values = null;
        }
        graph.Set(node.Outputs[0], shape);
        if (values is not null && first.Length == 1) graph.SetValues(node.Outputs[0], [.. values]);
        return true;
    }

    static bool Split(GraphShapes graph, OnnxNode node, long[] x, long opset)
    {
        if (x.Length == 0) return false;
        var axis = GraphShapes.Axis(node.FindNumber("axis") ?? 0, x.Length);
        var sizes = opset >= 13 && node.Inputs.Count > 1 ? graph.FindValues(node.Inputs[1]) : node.Numbers.TryGetValue("split", out var given) ? [.. given] : null;
        if (sizes is null)
        {
            var each = (x[axis] + node.Outputs.Count - 1) / node.Outputs.Count;
            sizes = [.. node.Outputs.Select((_, i) => Math.Max(0, Math.Min(each, x[axis] - i * each)))];
        }
        if (sizes.Length != node.Outputs.Count) return false;
        for (var i = 0; i < sizes.Length; i++)
        {
            var shape = (long[])[.. x];
            shape[axis] = sizes[i];
            graph.Set(node.Outputs[i], shape);
        }
        return true;
    }

    static bool Slice(GraphShapes graph, OnnxNode node, long[] x, Func<int, string, long[]?> values)
    {
        if (values(1, "starts") is not { } starts || values(2, "ends") is not { } ends || starts.Length != ends.Length) return false;
        var axes = values(3, "axes") ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        var steps = values(4, "steps") ?? [.. Enumerable.Repeat(1L, starts.Length)];
        if (axes.Length != starts.Length || steps.Length != starts.Length || axes.Length > x.Length) return false;
        var shape = (long[])[.. x];
        var kept = graph.FindValues(node.Inputs[0]);
        for (var i = 0; i < starts.Length; i++)
        {
            if (steps[i] is 0 or long.MinValue) return false;
            var axis = GraphShapes.Axis(axes[i], x.Length);
            var size = shape[axis];
            var back = steps[i] < 0;
            var start = Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], 0, back ? Math.Max(0, size - 1) : size);
            var end = Math.Clamp(ends[i] < 0 ? Math.Max(ends[i], long.MinValue / 2) + size : ends[i], back ? -1 : 0, size);
            shape[axis] = back ? Math.Max(0, (start - end - steps[i] - 1) / -steps[i]) : Math.Max(0, (end - start + steps[i] - 1) / steps[i]);
            if (kept is not null && x.Length == 1)
            {
                var taken = new List<long>();
                for (var at = start; back ? at > end : at < end; at += steps[i]) taken.Add(kept[at]);
                kept = [.. taken];
            }
        }
        graph.Set(node.Outputs[0], shape);
        if (kept is not null && x.Length == 1) graph.SetValues(node.Outputs[0], kept);
        return true;
    }

    static bool Gather(GraphShapes graph, OnnxNode node, long[] x)
    {
        if (x.Length == 0 || node.Inputs.Count < 2 || graph.Find(node.Inputs[1]) is not { } indices) return false;
        var axis = GraphShapes.Axis(node.FindNumber("axis") ?? 0, x.Length);
        graph.Set(node.Outputs[0], [.. x[..axis], .. indices, .. x[(axis + 1)..]]);
        if (x.Length == 1 && graph.FindValues(node.Inputs[0]) is { } values && graph.FindValues(node.Inputs[1]) is { } wanted)
        {
            var taken = wanted.Select(i => i < 0 ? i + values.Length : i).ToArray();
            if (taken.All(i => i >= 0 && i < values.Length)) graph.SetValues(node.Outputs[0], [.. taken.Select(i => values[i])]);
        }
        return true;
    }

    static bool Range(GraphShapes graph, OnnxNode node)
    {
        if (node.Inputs.Count < 3 || graph.FindValues(node.Inputs[0]) is not [var start] || graph.FindValues(node.Inputs[1]) is not [var end] || graph.FindValues(node.Inputs[2]) is not [var step] || step == 0) return false;
        var count = Math.Max(0, (long)Math.Ceiling((end - (double)start) / step));
        graph.Set(node.Outputs[0], [count]);
        if (count <= 4096) graph.SetValues(node.Outputs[0], [.. Enumerable.Range(0, (int)count).Select(i => start + i * step)]);
        return true;
    }

    static long[] Reduced(long[] x, HashSet<int> axes, bool keeps) => keeps ? [.. x.Select((size, i) => axes.Contains(i) ? 1 : size)] : [.. x.Where((_, i) => !axes.Contains(i))];
}

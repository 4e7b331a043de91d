namespace ModelZoo.Inference.Images.Jpeg;

/// <summary>One scan of a baseline or progressive JPEG (T.81, annexes F and G).</summary>
sealed class JpegScan(JpegComponent[] components, int first, int last, int high, int low, bool isProgressive, int restartInterval)
{
    /// <summary>Made-up bits that end the patience: a truncated file is refused, not filled with grey.</summary>
    const long MaxMissing = 4096;

    int _endOfBand;

    /// <returns>Where the scan's data ends.</returns>
    public int Read(ReadOnlySpan<byte> data, int start, int unitsAcross, int unitsDown)
    {
        var bits = new JpegBits(data, start);
        var isSingle = components.Length == 1;
        var (across, down) = isSingle ? (components[0].BlocksAcross, components[0].BlocksDown) : (unitsAcross, unitsDown);
        var left = restartInterval;
        for (var unit = 0; unit < across * down; unit++)
        {
            if (restartInterval > 0 && left-- == 0)
            {
                bits.Restart();
                _endOfBand = 0;
                foreach (var component in components) component.Prediction = 0;
                left = restartInterval - 1;
            }
            var (ux, uy) = (unit % across, unit / across);
            if (isSingle) ReadBlock(ref bits, components[0], components[0].Block(ux, uy));
            else
            {
                foreach (var component in components)
                    for (var y = 0; y < component.Down; y++)
                        for (var x = 0; x < component.Across; x++) ReadBlock(ref bits, component, component.Block((ux * component.Across) + x, (uy * component.Down) + y));
            }
            if (bits.Missing > MaxMissing) throw Image.Bad("The JPEG is truncated.");
        }
        return bits.Position;
    }

    void ReadBlock(ref JpegBits bits, JpegComponent component, Span<short> block)
    {
        if (!isProgressive) ReadBaseline(ref bits, component, block);
        else if (first == 0 && high == 0) block[0] = (short)((component.Prediction += bits.ReadSigned(Dc(component).Read(ref bits) & 15)) << low);
        else if (first == 0)
        {
            if (bits.Read(1) != 0) block[0] |= (short)(1 << low);
        }
        else if (high == 0) ReadBand(ref bits, Ac(component), block);
        else Refine(ref bits, Ac(component), block);
    }

    static void ReadBaseline(ref JpegBits bits, JpegComponent component, Span<short> block)
    {
        block[0] = (short)(component.Prediction += bits.ReadSigned(Dc(component).Read(ref bits) & 15));
        var ac = Ac(component);
        for (var k = 1; k < 64; k++)
        {
            var symbol = ac.Read(ref bits);
            var (run, size) = (symbol >> 4, symbol & 15);
            if (size == 0)
            {
                if (run < 15) return;
                k += 15;
                continue;
            }
            k += run;
            if (k > 63) throw Image.Bad("A block of the JPEG has more than 64 coefficients.");
            block[JpegTransform.Natural[k]] = (short)bits.ReadSigned(size);
        }
    }

    void ReadBand(ref JpegBits bits, JpegHuffman ac, Span<short> block)
    {
        if (_endOfBand > 0)
        {
            _endOfBand--;
            return;
        }
        for (var k = first; k <= last; k++)
        {
            var symbol = ac.Read(ref bits);
            var (run, size) = (symbol >> 4, symbol & 15);
            if (size == 0)
            {
                if (run < 15)
                {
                    _endOfBand = (1 << run) - 1 + bits.Read(run);
                    return;
                }
                k += 15;
                continue;
            }
            k += run;
            if (k > 63) throw Image.Bad("A block of the JPEG has more than 64 coefficients.");
            block[JpegTransform.Natural[k]] = (short)(bits.ReadSigned(size) << low);
        }
    }

    void Refine(ref JpegBits bits, JpegHuffman ac, Span<short> block)
    {
        var (plus, k) = (1 << low, first);
        if (_endOfBand == 0)
        {
            for (; k <= last; k++)
            {
                var symbol = ac.Read(ref bits);
                var (run, value) = (symbol >> 4, 0);
                if ((symbol & 15) != 0) value = bits.Read(1) != 0 ? plus : -plus;
                else if (run < 15)
                {
                    _endOfBand = (1 << run) + bits.Read(run);
                    break;
                }
                // Over coefficients that are known already, each of which gets its next bit, and over as many zeros as the run says.
                for (; k <= last; k++)
                {
                    ref var known = ref block[JpegTransform.Natural[k]];
                    if (known != 0) Sharpen(ref bits, ref known, plus);
                    else if (run-- == 0) break;
                }
                if (value != 0 && k <= 63) block[JpegTransform.Natural[k]] = (short)value;
            }
        }
        if (_endOfBand == 0) return;
        for (; k <= last; k++)
        {
            ref var known = ref block[JpegTransform.Natural[k]];
            if (known != 0) Sharpen(ref bits, ref known, plus);
        }
        _endOfBand--;
    }

    static void Sharpen(ref JpegBits bits, ref short known, int plus)
    {
        if (bits.Read(1) != 0 && (known & plus) == 0) known += (short)(known >= 0 ? plus : -plus);
    }

    static JpegHuffman Dc(JpegComponent component) => component.Dc ?? throw Image.Bad("A scan of the JPEG uses a table that is not there.");

    static JpegHuffman Ac(JpegComponent component) => component.Ac ?? throw Image.Bad("A scan of the JPEG uses a table that is not there.");
}

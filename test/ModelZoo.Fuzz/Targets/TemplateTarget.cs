using System.Text;
using ModelZoo.Inference.Templates;

namespace ModelZoo.Fuzz.Targets;

/// <summary>Templates in both dialects, rendered over a few values.</summary>
sealed class TemplateTarget : FuzzTarget
{
    static readonly Dictionary<string, object?> s_values = new()
    {
        ["x"] = 3L,
        ["t"] = "one two",
        ["list"] = new List<object?> { 1L, "a", null, 2.5 },
        ["map"] = new Dictionary<string, object?> { ["a"] = new List<object?> { 1L }, ["b"] = "c" },
    };

    public override string Name => "template";

    public override IEnumerable<byte[]> Seeds(Random random)
    {
        foreach (var text in new[]
        {
            "{% for a in list %}{{ loop.index }}{{ a }}{% else %}-{% endfor %}", "{{ t.split(' ')|map('upper')|join('-') }}{{ map['a'][0] + x * 2 ** 3 // 2 }}",
            "{%- macro m(a, b=1) -%}{{ a ~ b }}{%- endmacro -%}{{ m(x) }}{% call m(1) %}{% endcall %}", "{% set ns = namespace(n=0) %}{% for i in range(9) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
            "{% if x is defined and x > 2 %}{{ map|tojson(indent=2) }}{% elif t %}{{ t[::-1] }}{% endif %}{# c #}{% raw %}{{{% endraw %}", "{{ t|regex_replace('(o)(n)', '\\2\\1') }}{{ '%5.2f|%s' % (2.5, t) }}{{ '{}'.format(x) }}",
            "{% for k, v in map.items() recursive %}{{ k }}{% endfor %}{{ list|selectattr('x')|list }}{{ [1, 2]|batch(2)|list }}{{ t|indent(2)|truncate(5) }}",
        }) yield return Encoding.UTF8.GetBytes(text);
    }

    public override string Run(ReadOnlyMemory<byte> input)
    {
        var text = Encoding.UTF8.GetString(input.Span);
        var template = Template.Parse(text, input.Length % 2 == 0 ? TemplateDialect.Task : TemplateDialect.Chat);
        var output = template.Render(s_values);
        if (output != template.Render(s_values)) throw new InvalidOperationException("it gives another text the second time");
        return $"{Math.Min(output.Length, 64)} characters, {template.Unsupported.Count} unsupported";
    }

    public override bool IsRefusal(Exception error) => error is TemplateException;

    public override long MaxAllocated => 512L * 1024 * 1024;
}

namespace ModelZoo.Evaluation.Metrics.Texts;

/// <summary>M. F. Porter's stemmer (1980) with the departures of NLTK, which rouge_score uses.</summary>
static class PorterStemmer
{
    /// <summary>Words that NLTK knows by heart.</summary>
    static readonly Dictionary<string, string> s_irregular = new()
    {
        ["sky"] = "sky", ["skies"] = "sky", ["dying"] = "die", ["lying"] = "lie", ["tying"] = "tie", ["news"] = "news", ["innings"] = "inning", ["inning"] = "inning",
        ["outings"] = "outing", ["outing"] = "outing", ["cannings"] = "canning", ["canning"] = "canning", ["howe"] = "howe", ["proceed"] = "proceed", ["exceed"] = "exceed", ["succeed"] = "succeed",
    };

    static readonly (string Suffix, string By)[] s_second =
    [
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"),
        ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
        ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"), ("logi", "log"),
    ];

    static readonly (string Suffix, string By)[] s_third =
        [("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

    static readonly string[] s_fourth =
        ["al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive", "ize"];

    /// <param name="word">In lower case.</param>
    public static string Stem(string word)
    {
        if (s_irregular.TryGetValue(word, out var known)) return known;
        if (word.Length <= 2) return word;
        return Fifth(Fourth(Replace(Second(First(word)), s_third)));
    }

    static string First(string word)
    {
        if (word.EndsWith("ies", StringComparison.Ordinal)) word = word.Length == 4 ? word[..^1] : word[..^2];
        else if (word.EndsWith("sses", StringComparison.Ordinal)) word = word[..^2];
        else if (word.EndsWith('s') && !word.EndsWith("ss", StringComparison.Ordinal)) word = word[..^1];
        word = Past(word);
        return word.EndsWith('y') && word.Length > 2 && IsConsonant(word, word.Length - 2) ? word[..^1] + "i" : word;
    }

    static string Past(string word)
    {
        if (word.EndsWith("ied", StringComparison.Ordinal)) return word.Length == 4 ? word[..^1] : word[..^2];
        if (word.EndsWith("eed", StringComparison.Ordinal)) return Measure(word[..^3]) > 0 ? word[..^1] : word;
        string? stem = null;
        foreach (var suffix in (ReadOnlySpan<string>)["ed", "ing"])
        {
            if (!word.EndsWith(suffix, StringComparison.Ordinal) || !HasVowel(word[..^suffix.Length])) continue;
            stem = word[..^suffix.Length];
            break;
        }
        if (stem is null) return word;
        if (stem.EndsWith("at", StringComparison.Ordinal) || stem.EndsWith("bl", StringComparison.Ordinal) || stem.EndsWith("iz", StringComparison.Ordinal)) return stem + "e";
        if (stem.Length >= 2 && stem[^1] == stem[^2] && IsConsonant(stem, stem.Length - 1)) return stem[^1] is 'l' or 's' or 'z' ? stem : stem[..^1];
        return Measure(stem) == 1 && EndsShort(stem) ? stem + "e" : stem;
    }

    static string Second(string word)
    {
        // NLTK: -alli is removed first, and what comes out is looked at again.
        if (word.EndsWith("alli", StringComparison.Ordinal) && Measure(word[..^4]) > 0) return Second(word[..^2]);
        foreach (var (suffix, by) in s_second)
        {
            if (!word.EndsWith(suffix, StringComparison.Ordinal)) continue;
            var measured = suffix == "logi" ? word[..^3] : word[..^suffix.Length];
            return Measure(measured) > 0 ? word[..^suffix.Length] + by : word;
        }
        return word;
    }

    static string Replace(string word, (string Suffix, string By)[] rules)
    {
        foreach (var (suffix, by) in rules)
            if (word.EndsWith(suffix, StringComparison.Ordinal)) return Measure(word[..^suffix.Length]) > 0 ? word[..^suffix.Length] + by : word;
        return word;
    }

    static string Fourth(string word)
    {
        foreach (var suffix in s_fourth)
        {
            if (!word.EndsWith(suffix, StringComparison.Ordinal)) continue;
            var stem = word[..^suffix.Length];
            return Measure(stem) > 1 && (suffix != "ion" || stem[^1] is 's' or 't') ? stem : word;
        }
        return word;
    }

    static string Fifth(string word)
    {
        if (word.EndsWith('e'))
        {
            var (stem, measure) = (word[..^1], Measure(word[..^1]));
            if (measure > 1 || (measure == 1 && !EndsShort(stem))) word = stem;
        }
        return word.EndsWith("ll", StringComparison.Ordinal) && Measure(word[..^1]) > 1 ? word[..^1] : word;
    }

    static bool IsConsonant(string word, int at) => word[at] switch
    {
        'a' or 'e' or 'i' or 'o' or 'u' => false,
        'y' => at == 0 || !IsConsonant(word, at - 1),
        _ => true,
    };

    static bool HasVowel(string word)
    {
        for (var i = 0; i < word.Length; i++)
            if (!IsConsonant(word, i)) return true;
        return false;
    }

    /// <summary>How often vowels are followed by consonants.</summary>
    static int Measure(string word)
    {
        var (count, vowel) = (0, false);
        var consonant = false;
        for (var i = 0; i < word.Length; i++)
        {
            // A y's kind depends on the letter before, which is known by now.
            consonant = word[i] switch { 'a' or 'e' or 'i' or 'o' or 'u' => false, 'y' => i == 0 || !consonant, _ => true };
            if (consonant && vowel) count++;
            vowel = !consonant;
        }
        return count;
    }

    /// <summary>Consonant, vowel, consonant that is no w, x or y; NLTK also takes a vowel and a consonant alone.</summary>
    static bool EndsShort(string word) =>
        (word.Length >= 3 && IsConsonant(word, word.Length - 3) && !IsConsonant(word, word.Length - 2) && IsConsonant(word, word.Length - 1) && word[^1] is not ('w' or 'x' or 'y'))
        || (word.Length == 2 && !IsConsonant(word, 0) && IsConsonant(word, 1));
}

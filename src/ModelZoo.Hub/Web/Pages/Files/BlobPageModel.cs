using ModelZoo.Hub.Kernel;
using ModelZoo.Hub.Web.Components;

namespace ModelZoo.Hub.Web.Pages.Files;

/// <summary>What is in one file. Exactly one of <see cref="Lines"/>, <see cref="Tensors"/> or neither is there.</summary>
public sealed record BlobPageModel(PageFrame Frame, RepositoryHeading Repository, ReferenceChoice References, string Path, long SizeBytes)
{
    /// <summary>A page shows at most this much text; the rest is a download.</summary>
    public const int MaxTextBytes = 1 << 20;

    /// <summary>The text, one entry a line; null when the file is not text or is too long to show.</summary>
    public IReadOnlyList<string>? Lines { get; init; }

    /// <summary>True when <see cref="Lines"/> is only the beginning.</summary>
    public bool IsCut { get; init; }

    /// <summary>A rendered Markdown file, shown above its text.</summary>
    public SanitisedHtml Rendered { get; init; }

    public TensorList? Tensors { get; init; }

    /// <summary>What the file is, in words: "safetensors weights", "a ZIP archive", "binary".</summary>
    public string WhatItIs { get; init; } = "a file";

    /// <summary>Why the header could not be read, when it should have been.</summary>
    public string? Problem { get; init; }

    public string ObjectId { get; init; } = "";

    /// <summary>SHA-256, for files kept as blobs.</summary>
    public string? Digest { get; init; }

    public CommitLine? LastCommit { get; init; }
    public bool MayEdit { get; init; }
}

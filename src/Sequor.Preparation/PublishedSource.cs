using Sequor.Preparation.Downloads;
using Sequor.Preparation.Sequencing;

namespace Sequor.Preparation;

/// <summary>A data set that others published, taken from where it stands on this disk or downloaded; <see cref="KnownDatasets"/> makes them.</summary>
public abstract record PublishedSource : DatasetSource
{
    private readonly Publication publication;

    private protected PublishedSource(Publication publication) => this.publication = publication;

    /// <summary>
    /// A folder with the files, the ratings file itself, the archive, or an http(s) address of one of the two; null to download the set from
    /// where it is published.
    /// </summary>
    public string? Place { get; init; }

    /// <summary>
    /// Folder that keeps downloads and what was unpacked; when null, the variable <c>SEQUOR_CACHE</c>, else <c>sequor</c> in the system's folder
    /// for caches.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <inheritdoc/>
    public override string DefaultName => publication.Name;

    /// <summary>Page that describes the set and its licence.</summary>
    public string HomePage => publication.Home;

    /// <summary>The terms of the set in a few words; the page is what counts.</summary>
    public string Terms => publication.Terms;

    /// <summary>Whether preparing will download something.</summary>
    public bool NeedsDownload => Locator(verify: true, null, CancellationToken.None).NeedsDownload(Place);

    internal sealed override bool HasRows => true;

    internal sealed override long Write(
        PreparationRequest request, string name, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken)
    {
        SetFiles files = Locator(request.Verify, progress, cancellationToken).Find(Place);
        return Import(files, new ImportRun(request, name, progress, cancellationToken)).Run();
    }

    /// <summary>How the files are read.</summary>
    private protected abstract RatingsImport Import(SetFiles files, ImportRun run);

    private SetLocator Locator(bool verify, IProgress<PreparationProgress>? progress, CancellationToken cancellationToken) =>
        new(publication, CacheFolder ?? Downloads.CacheFolder.Default(), verify, progress, cancellationToken);

    /// <summary>What every import is given.</summary>
    private protected sealed record ImportRun(
        PreparationRequest Request, string Name, IProgress<PreparationProgress>? Progress, CancellationToken CancellationToken);
}

namespace Sequor.Data;

/// <summary>Names of the sections of a store file, at most 16 ASCII characters.</summary>
internal static class StoreSections
{
    public const string Metadata = "metadata";
    public const string Report = "report";
    public const string UserOffsets = "user_offsets";
    public const string Items = "items";
    public const string Ratings = "ratings";
    public const string Timestamps = "timestamps";
    public const string UserIdOffsets = "user_id_offsets";
    public const string UserIds = "user_ids";
    public const string ItemIdOffsets = "item_id_offsets";
    public const string ItemIds = "item_ids";
    public const string TitleOffsets = "title_offsets";
    public const string Titles = "titles";
}

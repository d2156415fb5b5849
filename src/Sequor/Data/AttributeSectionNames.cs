namespace Sequor.Data;

/// <summary>Names of the sections that hold the attributes of the items or of the users.</summary>
internal sealed record AttributeSectionNames
{
    /// <summary>The attributes of the catalogue.</summary>
    public static AttributeSectionNames Items { get; } = new()
    {
        NameOffsets = "attr_name_offs",
        Names = "attr_names",
        ValueOffsets = "attr_value_offs",
        Values = "attr_values",
        ValueCounts = "attr_value_count",
        RowOffsets = "attr_item_offs",
        Codes = "attr_codes",
    };

    /// <summary>The attributes of the users.</summary>
    public static AttributeSectionNames Users { get; } = new()
    {
        NameOffsets = "user_name_offs",
        Names = "user_names",
        ValueOffsets = "user_value_offs",
        Values = "user_values",
        ValueCounts = "user_value_count",
        RowOffsets = "user_value_rows",
        Codes = "user_codes",
    };

    /// <summary>Where each name begins.</summary>
    public required string NameOffsets { get; init; }

    /// <summary>Names of the attributes, end to end.</summary>
    public required string Names { get; init; }

    /// <summary>Where each value begins.</summary>
    public required string ValueOffsets { get; init; }

    /// <summary>Values of all attributes, end to end.</summary>
    public required string Values { get; init; }

    /// <summary>Number of values of each attribute.</summary>
    public required string ValueCounts { get; init; }

    /// <summary>Where the codes of each row of each attribute begin.</summary>
    public required string RowOffsets { get; init; }

    /// <summary>Codes of all rows of all attributes, end to end.</summary>
    public required string Codes { get; init; }
}

namespace Sequor.Preparation.Sets;

/// <summary>One collection of ratings at Amazon: where its files stand and how they are written. Files without header are known by their columns.</summary>
internal sealed record AmazonEdition
{
    /// <summary>The collection of 2014: user, item, rating, seconds.</summary>
    public static AmazonEdition Of2014 { get; } = new()
    {
        Home = "https://snap.stanford.edu/data/amazon/productGraph/",
        Folder = "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/",
        FilePattern = "ratings_*.csv",
        Columns = ["user", "item", "rating", "time"],
        MinimumCount = 5,
        Categories =
        [
            "Amazon_Instant_Video", "Apps_for_Android", "Automotive", "Baby", "Beauty", "Books", "CDs_and_Vinyl", "Cell_Phones_and_Accessories",
            "Clothing_Shoes_and_Jewelry", "Digital_Music", "Electronics", "Grocery_and_Gourmet_Food", "Health_and_Personal_Care", "Home_and_Kitchen",
            "Kindle_Store", "Movies_and_TV", "Musical_Instruments", "Office_Products", "Patio_Lawn_and_Garden", "Pet_Supplies",
            "Sports_and_Outdoors", "Tools_and_Home_Improvement", "Toys_and_Games", "Video_Games",
        ],
    };

    /// <summary>The collection of 2018: item before user, then rating, seconds.</summary>
    public static AmazonEdition Of2018 { get; } = new()
    {
        Home = "https://nijianmo.github.io/amazon/",
        Folder = "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_v2/categoryFilesSmall/",
        FilePattern = "*.csv",
        Columns = ["item", "user", "rating", "time"],
        MinimumCount = 5,
        Categories =
        [
            "AMAZON_FASHION", "All_Beauty", "Appliances", "Arts_Crafts_and_Sewing", "Automotive", "Books", "CDs_and_Vinyl",
            "Cell_Phones_and_Accessories", "Clothing_Shoes_and_Jewelry", "Digital_Music", "Electronics", "Gift_Cards", "Grocery_and_Gourmet_Food",
            "Home_and_Kitchen", "Industrial_and_Scientific", "Kindle_Store", "Luxury_Beauty", "Magazine_Subscriptions", "Movies_and_TV",
            "Musical_Instruments", "Office_Products", "Patio_Lawn_and_Garden", "Pet_Supplies", "Prime_Pantry", "Software", "Sports_and_Outdoors",
            "Tools_and_Home_Improvement", "Toys_and_Games", "Video_Games",
        ],
    };

    /// <summary>The collection of 2023, all ratings: user, parent product, rating, milliseconds, with a header.</summary>
    public static AmazonEdition Of2023 { get; } = new()
    {
        Home = "https://amazon-reviews-2023.github.io/",
        Folder = "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_2023/benchmark/0core/rating_only/",
        FilePattern = "*.csv.gz",
        Columns = ["user", "item", "rating", "time"],
        HasHeader = true,
        MinimumCount = 5,
        Categories =
        [
            "All_Beauty", "Amazon_Fashion", "Appliances", "Arts_Crafts_and_Sewing", "Automotive", "Baby_Products", "Beauty_and_Personal_Care",
            "Books", "CDs_and_Vinyl", "Cell_Phones_and_Accessories", "Clothing_Shoes_and_Jewelry", "Digital_Music", "Electronics", "Gift_Cards",
            "Grocery_and_Gourmet_Food", "Handmade_Products", "Health_and_Household", "Health_and_Personal_Care", "Home_and_Kitchen",
            "Industrial_and_Scientific", "Kindle_Store", "Magazine_Subscriptions", "Movies_and_TV", "Musical_Instruments", "Office_Products",
            "Patio_Lawn_and_Garden", "Pet_Supplies", "Software", "Sports_and_Outdoors", "Subscription_Boxes", "Tools_and_Home_Improvement",
            "Toys_and_Games", "Unknown", "Video_Games",
        ],
    };

    /// <summary>The collection of 2023 as its publishers filtered it: users and products with at least five ratings.</summary>
    public static AmazonEdition Of2023FiveCore { get; } = Of2023 with
    {
        Folder = "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_2023/benchmark/5core/rating_only/",
        MinimumCount = 0,
    };

    /// <summary>Page of the collection.</summary>
    public required string Home { get; init; }

    /// <summary>Address under which the files stand.</summary>
    public required string Folder { get; init; }

    /// <summary>Name of a file, with a star for the category.</summary>
    public required string FilePattern { get; init; }

    /// <summary>The columns in their order: <c>user</c>, <c>item</c>, <c>rating</c>, <c>time</c>.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Whether the files begin with a header.</summary>
    public bool HasHeader { get; init; }

    /// <summary>Rows that a user and a product must have unless the request says otherwise; 0 for none.</summary>
    public required int MinimumCount { get; init; }

    /// <summary>The categories as the collection spells them.</summary>
    public required IReadOnlyList<string> Categories { get; init; }
}
